"""Long work as a row: taken by one process, alive by what it tells, ended but once.

For rows with `state`, `progress` (share done, 0 to 1) and `alive_at`: backtests and curves.
"""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone as clock

LEFT_ALONE: Final = timedelta(minutes=2)
"""Without a sign of life for so long, a worker is taken for dead and a message for lost."""
TELL_EVERY: Final = 0.5  # seconds
_AT_ONCE: Final = 50


class Held:
    """A row, as long as this process has it: `rows` finds it no more once it was cancelled, given
    up, or taken by another."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._rows = rows
        self._asked = self._told = 0.0
        self._over = False

    def tell(self, share: float) -> None:
        """At most every half second, so that many small portions cost no more."""
        if time.monotonic() - self._told >= TELL_EVERY:
            self._told = time.monotonic()
            self._over = not self._rows.update(progress=share, alive_at=clock.now())

    def is_over(self) -> bool:
        """Whether it is ours no more."""
        if not self._over and time.monotonic() - self._asked >= TELL_EVERY:
            self._asked = time.monotonic()
            self._over = not self._rows.exists()
        return self._over

    def end(self, **fields: Any) -> None:
        """Writes what came of it, unless it is ours no more."""
        self._rows.update(**fields)


def lost(queued: QuerySet[Any], *, now: datetime | None = None) -> list[Any]:
    """Keys of those that nobody took within a while: their message was lost. Marked as just seen,
    so that two sweeps at once hand each out once."""
    moment = now or clock.now()
    silent = queued.filter(alive_at__lt=moment - LEFT_ALONE)
    keys = list(silent.order_by("alive_at").values_list("pk", flat=True)[:_AT_ONCE])
    return [pk for pk in keys if silent.filter(pk=pk).update(alive_at=moment)]


def died(running: QuerySet[Any], *, now: datetime | None = None) -> QuerySet[Any]:
    """Those whose worker has gone."""
    return running.filter(alive_at__lt=(now or clock.now()) - LEFT_ALONE)
