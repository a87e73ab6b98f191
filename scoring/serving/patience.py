"""When to stop asking a model that takes too long or fails."""

import time
from collections.abc import Callable
from typing import Final

SLOW_SECONDS: Final = 0.05
"""A model that takes longer keeps clients waiting; it should take a thousandth of it."""
IN_A_ROW: Final = 5
REST_SECONDS: Final = 30.0


class Patience:
    """Ends after several slow or failed answers in a row; then the model rests for a while.

    Kept by each process for itself, without a lock: a count lost between threads does no harm.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._bad = 0
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        return self._now() < self._rests_until

    def note(self, seconds: float, *, failed: bool = False) -> bool:
        """One answer; whether patience ended with it."""
        if seconds <= SLOW_SECONDS and not failed:
            self._bad = 0
            return False
        self._bad += 1
        if self._bad < IN_A_ROW:
            return False
        self._bad, self._rests_until = 0, self._now() + REST_SECONDS
        return True
