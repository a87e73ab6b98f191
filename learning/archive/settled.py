"""How far decisions are settled: up to which serial no open transaction can still add one."""

import time
from typing import Any, Final

from django.db import connection

PATIENCE: Final = 5.0
"""Seconds to wait for open transactions; ordinary ones take milliseconds, an import's a second."""
_PAUSE: Final = 0.02

# Transactions that have inserted a decision or are just doing so: the lock is taken before the
# serial and kept until the transaction's end, when what it wrote is already visible.
_WRITERS: Final = """
SELECT l.virtualtransaction, extract(epoch FROM clock_timestamp() - a.xact_start)
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = 'scoring_decision'::regclass
"""


def settled_serial(patience: float = PATIENCE) -> int | None:
    """A serial up to which every decision that will ever be committed is visible now.

    Serials are given in another order than transactions commit. Steps:

    1. read the last serial given;
    2. note the transactions that hold the lock of one who inserts decisions: whoever took that
       serial or a smaller one is among them, or has ended;
    3. wait until all of them have ended. Later ones take greater serials.

    None when one is still open after `patience` seconds: an import in one transaction, a forgotten
    session. Transactions that wrote other things are not waited for.
    """
    serial = last_serial()
    waited_for = {transaction for transaction, _ in _rows(_WRITERS)}
    deadline = time.monotonic() + patience
    while waited_for:
        if time.monotonic() >= deadline:
            return None
        time.sleep(_PAUSE)
        waited_for &= {transaction for transaction, _ in _rows(_WRITERS)}
    return serial


def last_serial() -> int:
    """The last serial given, settled or not; 0 before the first. One query."""
    ((called, last),) = _rows("SELECT is_called, last_value FROM scoring_decision_serial")
    return int(last) if called else 0


def oldest_writer_seconds() -> float | None:
    """For how long the oldest transaction that inserted decisions is open; None without one.

    Of sessions of other roles only superusers and members of pg_read_all_stats see this.
    """
    ages = [float(age) for _, age in _rows(_WRITERS) if age is not None]
    return max(ages, default=None)


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[Any] = cursor.fetchall()
    return rows
