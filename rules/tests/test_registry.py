"""Which ruleset a process decides with while the number moves."""

import threading
import time
from typing import Any

import pytest

from rules import registry as module
from rules.engine import CompiledBook
from rules.registry import KEPT_BOOKS, Registry
from rules.tests.cast import make_snapshot


class Shelf:
    """Books to load; can be slow or broken."""

    def __init__(self) -> None:
        self.loaded: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.broken: set[int] = set()

    def load(self, number: int) -> CompiledBook:
        self.loaded.append(number)
        assert self.gate.wait(10)
        if number in self.broken:
            raise RuntimeError("no such book")
        return CompiledBook(make_snapshot(), number)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def registry(shelf: Shelf) -> Registry:
    return Registry(shelf.load)


def test_a_book_is_loaded_once_and_a_new_number_swaps_it(shelf: Shelf, registry: Registry) -> None:
    assert registry.book_for(1) is registry.book_for(1)
    assert registry.book_for(2).number == 2
    assert shelf.loaded == [1, 2]


def test_a_number_read_before_the_swap_gets_the_newer_book(registry: Registry) -> None:
    registry.book_for(1)
    registry.book_for(3)
    assert registry.book_for(2).number == 3


def test_while_one_thread_loads_the_others_keep_the_old_book(
    shelf: Shelf, registry: Registry
) -> None:
    registry.book_for(1)
    shelf.gate.clear()
    found: list[int] = []
    loader = threading.Thread(target=lambda: found.append(registry.book_for(2).number))
    loader.start()
    while shelf.loaded != [1, 2]:
        time.sleep(0.001)
    started = time.monotonic()
    assert [registry.book_for(2).number for _ in range(20)] == [1] * 20
    assert time.monotonic() - started < 1
    shelf.gate.set()
    loader.join(10)
    assert found == [2]
    assert registry.book_for(2).number == 2
    assert shelf.loaded == [1, 2]


def test_at_the_start_all_threads_wait_for_the_one_that_loads(
    shelf: Shelf, registry: Registry
) -> None:
    found: list[CompiledBook] = []
    threads = [
        threading.Thread(target=lambda: found.append(registry.book_for(1))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len({id(book) for book in found}) == 1
    assert shelf.loaded == [1]


def test_the_new_book_has_compiled_what_the_old_one_had_in_use(registry: Registry) -> None:
    registry.book_for(1).vertical("payments")
    assert registry.book_for(2).in_use == ("payments",)


def test_a_book_that_does_not_load_leaves_the_last_good_one(
    shelf: Shelf, registry: Registry, monkeypatch: Any
) -> None:
    registry.book_for(1)
    shelf.broken.add(2)
    assert registry.book_for(2).number == 1
    assert registry.book_for(2).number == 1
    assert shelf.loaded == [1, 2]  # not tried again at once
    shelf.broken.clear()
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    registry._retry_at = 0.0
    assert registry.book_for(2).number == 2


def test_without_any_book_the_fault_is_raised_and_tried_again(
    shelf: Shelf, registry: Registry
) -> None:
    shelf.broken.add(1)
    with pytest.raises(RuntimeError):
        registry.book_for(1)
    shelf.broken.clear()
    assert registry.book_for(1).number == 1


def test_a_replay_gets_exactly_its_book_and_does_not_move_the_one_in_force(
    registry: Registry,
) -> None:
    registry.book_for(5)
    assert registry.exact(2).number == 2
    assert registry.book_for(5).number == 5


def test_only_the_last_few_books_are_kept_and_always_the_one_in_force(
    shelf: Shelf, registry: Registry
) -> None:
    registry.book_for(10)
    for number in range(1, 8):
        registry.exact(number)
    assert len(registry._books) == KEPT_BOOKS
    assert 10 in registry._books
    registry.exact(7)
    assert shelf.loaded.count(7) == 1


def test_forgetting_is_starting_anew(shelf: Shelf, registry: Registry) -> None:
    registry.book_for(2)
    registry.forget()
    assert registry.book_for(1).number == 1
