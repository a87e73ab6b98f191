"""The rulesets that this process has in memory.

Scoring reads the number in force with every transaction and asks for that book. When the number
moves, the first thread to see it loads and compiles the new book; the others decide with the old
one meanwhile, so nobody queues. The answer's own ``number`` is the one to store with a decision.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from rules.engine import CompiledBook
from rules.queries import load_book

log = logging.getLogger(__name__)

KEPT_BOOKS = 4  # the one in force, the one before it, two for replays
RETRY_SECONDS = 1.0  # between attempts to load a book that did not load


class Registry:
    """A process-wide cache of books, safe between threads."""

    def __init__(self, load: Callable[[int], CompiledBook] = load_book) -> None:
        self._load = load
        self._current: CompiledBook | None = None
        self._books: OrderedDict[int, CompiledBook] = OrderedDict()
        self._swapping = threading.Lock()
        self._loading = threading.Lock()
        self._retry_at = 0.0

    def book_for(self, number: int) -> CompiledBook:
        """The book in force, given the number that the database names; at worst the one before.

        Numbers only grow (a rollback is a new number), so a smaller one than ours was read before
        the swap and gets the newer book. Raises what loading raises when there is no book yet.
        """
        current = self._current
        if current is not None and number <= current.number:
            return current
        if current is None:
            return self._first(number)
        if time.monotonic() < self._retry_at or not self._swapping.acquire(blocking=False):
            return current
        try:
            return self._swap(number)
        finally:
            self._swapping.release()

    def exact(self, number: int) -> CompiledBook:
        """The book of exactly that number, for replays; loaded when it is not in memory."""
        with self._loading:
            book = self._books.get(number)
            if book is None:
                book = self._load(number)
                self._keep(book)
            self._books.move_to_end(number)
            return book

    def forget(self) -> None:
        """Empties the cache, as a new process begins."""
        self._current, self._retry_at = None, 0.0
        self._books.clear()

    def _first(self, number: int) -> CompiledBook:
        with self._swapping:
            if self._current is None:
                self._current = self.exact(number)
            return self._current

    def _swap(self, number: int) -> CompiledBook:
        """Loads the new book and compiles what the old one had in use, then lets it take over.

        When that fails, the old book stays: deciding by the last good rules beats not deciding.
        """
        old = self._current
        assert old is not None  # noqa: S101  (callers have looked; numbers never shrink)
        if number <= old.number:
            return old  # another thread was faster
        try:
            book = self.exact(number)
            book.warm(old.in_use)
        except Exception:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            log.exception("ruleset %s did not load; %s stays in force here", number, old.number)
            return old
        self._current = book
        log.info("ruleset %s took over from %s", book.number, old.number)
        return book

    def _keep(self, book: CompiledBook) -> None:
        self._books[book.number] = book
        while len(self._books) > KEPT_BOOKS:
            in_force = self._current.number if self._current else None
            del self._books[next(n for n in self._books if n != in_force)]


registry = Registry()
book_for = registry.book_for
exact_book = registry.exact
