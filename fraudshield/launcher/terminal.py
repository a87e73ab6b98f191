"""Progress on the terminal, one plain line a step."""

import contextlib
import sys
import textwrap
import time
from collections.abc import Callable, Iterator

BAR_SECONDS = 3.0  # between two shown states of a progress bar
_WIDTH = 110


def say(text: str = "", *, end: str = "\n") -> None:
    """Writes a line; a terminal that went away stops no server."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + end)
        sys.stdout.flush()


class Progress:
    """Numbers the steps of a start: `[2/7] Starting Valkey ... 0.1 s`."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self._line_is_open = False

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        self._number += 1
        say(f"[{self._number}/{self._total}] {title} ...", end="")
        self._line_is_open = True
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self._close(" stopped")
            raise
        self._close(f" {time.monotonic() - started:.1f} s")

    def note(self, text: str) -> None:
        """A line inside the running step."""
        if self._line_is_open:
            say()
            self._line_is_open = False
        say(f"      {text}")

    def _close(self, ending: str) -> None:
        say(ending if self._line_is_open else f"     {ending}")
        self._line_is_open = False


class Lines:
    """Turns a program's output into lines of progress.

    Left out are records of the JSON log, a traceback (it is for the log file) and most states of a
    progress bar: one every few seconds is enough.
    """

    def __init__(self, show: Callable[[str], None], clock: Callable[[], float] = time.monotonic):
        self._show = show
        self._clock = clock
        self._open = ""
        self._shown_at = clock()
        self._ended = False

    def feed(self, text: str) -> None:
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            self._offer(line)
        if "\r" in self._open and self._clock() - self._shown_at > BAR_SECONDS:
            self._offer(self._open)

    def _offer(self, line: str) -> None:
        shown = line.rstrip("\r").rpartition("\r")[2].partition('{"')[0].strip()
        self._ended = self._ended or shown.startswith("Traceback ")
        if shown and not self._ended:
            self._show(textwrap.shorten(shown, _WIDTH, placeholder=" ..."))
            self._shown_at = self._clock()
