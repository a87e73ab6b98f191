"""How the archive stands: what is in it, what waits and for how long. Needs no Polars."""

import datetime as dt
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone as clock

from learning.archive.settled import last_serial, oldest_writer_seconds
from learning.models import ArchiveFile, ArchiveState

COUNTED_UP_TO: Final = 10_000


class Waiting(NamedTuple):
    """Decisions that are not in the archive yet, COUNTED_UP_TO + 1 at most."""

    decisions: int
    lag_seconds: float


class Status(NamedTuple):
    through: int
    last_serial: int
    rows: int
    files: int
    size: int
    days: int
    first_day: dt.date | None
    last_day: dt.date | None
    waiting: Waiting
    open_writer_seconds: float | None
    state: ArchiveState


def archive_status() -> Status:
    """Bounded whatever the size of the database: five queries, none over all decisions."""
    state = ArchiveState.objects.filter(id=ArchiveState.ONLY).first() or ArchiveState()
    held = ArchiveFile.objects.filter(state=ArchiveFile.State.LIVE).aggregate(
        rows=Sum("rows"),
        files=Count("id"),
        size=Sum("size"),
        days=Count("day", distinct=True),
        first=Min("day"),
        last=Max("day"),
    )
    waiting = waiting_since(state.through)
    return Status(
        through=state.through,
        last_serial=last_serial(),
        rows=held["rows"] or 0,
        files=held["files"],
        size=held["size"] or 0,
        days=held["days"],
        first_day=held["first"],
        last_day=held["last"],
        waiting=waiting,
        open_writer_seconds=oldest_writer_seconds() if waiting.decisions else None,
        state=state,
    )


def archive_lag() -> float:
    """Seconds since the oldest decision that is not in the archive; 0 without one. Two queries."""
    through = ArchiveState.objects.filter(id=ArchiveState.ONLY).values_list("through", flat=True)
    return waiting_since(through.first() or 0).lag_seconds


def waiting_since(through: int) -> Waiting:
    """What lies beyond a watermark. One query, which stops at COUNTED_UP_TO + 1 decisions.

    Decisions lie in the order of writing, so that the oldest is among those.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(decided_at) FROM (SELECT decided_at FROM scoring_decision "
            "WHERE serial > %s LIMIT %s) waiting",
            [through, COUNTED_UP_TO + 1],
        )
        count, oldest = cursor.fetchone()
    if oldest is None:
        return Waiting(0, 0.0)
    return Waiting(count, max(0.0, (clock.now() - oldest).total_seconds()))


def count_decisions() -> int:
    """All decisions in the database: reads an index from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM scoring_decision")
        return int(cursor.fetchone()[0])
