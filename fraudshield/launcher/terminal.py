"""Progress on the terminal, one plain line a step."""

import contextlib
import sys
import time
from collections.abc import Iterator


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
