"""How far decisions are settled: up to which serial no open transaction can still add one."""

import time
from typing import Final

from django.db import connection

PATIENCE: Final = 5.0
"""Seconds to wait for open transactions; ordinary ones take milliseconds."""
_PAUSE: Final = 0.02


def settled_serial(patience: float = PATIENCE) -> int | None:
    """A serial up to which every decision that will ever be committed is visible now.

    Serials are given in another order than transactions commit. Steps:

    1. read the last serial given;
    2. take a transaction number (xid): whoever holds that serial or a smaller one took its number
       before it took the serial, so it has a smaller one than ours;
    3. wait until no transaction with a smaller number is open.

    None when one is still open after `patience` seconds: a long migration, an import in one
    transaction, a forgotten session. Must not be called inside a transaction, which would wait for
    itself.
    """
    serial = last_serial()
    (xid,) = _ask("SELECT pg_current_xact_id()::text::bigint")
    deadline = time.monotonic() + patience
    while _ask("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")[0] < xid:
        if time.monotonic() >= deadline:
            return None
        time.sleep(_PAUSE)
    return serial


def last_serial() -> int:
    """The last serial given, settled or not; 0 before the first. One query."""
    called, last = _ask("SELECT is_called, last_value FROM scoring_decision_serial")
    return int(last) if called else 0


def oldest_writer_seconds() -> float | None:
    """For how long the oldest transaction that has written anything is open; None without one.

    Needs no privilege: PostgreSQL shows everybody the sessions of their own role; of others only
    superusers and members of pg_read_all_stats see since when they are open.
    """
    (seconds,) = _ask(
        "SELECT max(extract(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity "
        "WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
    )
    return None if seconds is None else float(seconds)


def _ask(sql: str) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row: tuple[int, ...] = cursor.fetchone()
    return row
