"""Waiting that ends at once when the launcher is asked to stop."""

import os
import signal
import threading
from types import FrameType

from fraudshield.launcher.errors import StopRequested

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupt:
    """Turns the stop signals into `StopRequested`, raised only where the launcher waits.

    Raising inside the handler could strike between the birth of a child and its being noted.
    Started by make, the launcher also stops when make is gone: killing make alone would otherwise
    leave everything running.
    """

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._parent = os.getppid() if "MAKELEVEL" in os.environ else None

    def install(self) -> None:
        for number in SIGNALS:
            kept_out = number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN
            if not kept_out:  # nohup asked for that; an ignored SIGINT is only the shell's `&`
                signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self._requested.set()

    def pause(self, seconds: float) -> None:
        """Waits that long; raises StopRequested as soon as a stop is asked for."""
        orphaned = self._parent is not None and os.getppid() != self._parent
        if orphaned or self._requested.wait(seconds):
            raise StopRequested
