"""Who does the shares: this process alone, or several worker processes.

Imports no model: a spawned process reads this module before Django is set up.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol

from intake.imports.errors import CannotImport

if TYPE_CHECKING:
    from intake.imports.share import Share, Tally

_WATCH_SECONDS: Final = 0.5


class Team(Protocol):
    def take(self, shares: "Sequence[Share]") -> "list[Tally]":
        """Begin the shares of one window; what was finished meanwhile (of the window before)."""
        ...

    def rest(self) -> "list[Tally]":
        """Wait for everything that was begun."""
        ...

    def __enter__(self) -> "Team": ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Alone:
    """Does the shares at once, in this process."""

    def take(self, shares: "Sequence[Share]") -> "list[Tally]":
        return [_work(share) for share in shares]

    def rest(self) -> "list[Tally]":
        return []

    def __enter__(self) -> "Alone":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Workers:
    """One process for each worker, so that a customer's rows stay in order.

    No worker begins a window before all have finished the one before the last: they drift apart
    by at most two windows.
    """

    def __init__(self, count: int, database: str) -> None:
        spawn = multiprocessing.get_context("spawn")  # Polars' threads do not survive a fork
        self._pools = [
            ProcessPoolExecutor(1, spawn, initializer=_set_up, initargs=(database, os.getpid()))
            for _ in range(count)
        ]
        self._begun: list[Future[Tally]] = []

    def take(self, shares: "Sequence[Share]") -> "list[Tally]":
        before = self._begun
        self._begun = [self._pools[share.worker].submit(_work, share) for share in shares]
        return _results(before)

    def rest(self) -> "list[Tally]":
        before, self._begun = self._begun, []
        return _results(before)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _results(futures: "list[Future[Tally]]") -> "list[Tally]":
    try:
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise CannotImport(
            "A worker process died. What it had not finished was not stored; "
            "the same command goes on from there."
        ) from None


def _work(share: "Share") -> "Tally":
    from intake.imports.share import score_share  # only after Django is set up

    return score_share(share)


def _set_up(database: str, parent: int) -> None:
    """In a new worker process: Django, the parent's database, and an end with the parent."""
    import django
    from django.db import connection

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with, args=[parent], daemon=True).start()
    django.setup()
    connection.settings_dict["NAME"] = database  # a test's database differs from the settings'


def _end_with(parent: int) -> None:
    """A killed parent cannot tell its workers; an orphan would hold its connection for ever."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
