"""What stands in for a model that does not answer: the vertical's recent median."""

import time
from typing import Final

from django.db import connection

NOBODY_KNOWS: Final = 10.0
"""Before there is any score: what ordinary traffic has, about."""

FRESH_SECONDS: Final = 60.0
_RECENT: Final = 5_000
_MEDIAN: Final = """
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY recent.ml_score)
FROM (SELECT transaction_id, ml_score FROM scoring_decision
      ORDER BY transaction_id DESC LIMIT %s) AS recent
JOIN transactions_transaction AS told ON told.id = recent.transaction_id
WHERE told.vertical = %s AND recent.ml_score IS NOT NULL
"""
_known: dict[str, tuple[float, float]] = {}


def typical_score(vertical: str) -> float:
    """The median ML score of the vertical among the last 5,000 decisions of all; 10 without any.

    One query a minute for each vertical, over an index.
    """
    now = time.monotonic()
    known = _known.get(vertical)
    if known is None or now >= known[0]:
        known = _known[vertical] = (now + FRESH_SECONDS, _median(vertical))
    return known[1]


def _median(vertical: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_MEDIAN, [_RECENT, vertical])
        row = cursor.fetchone()
    return NOBODY_KNOWS if row is None or row[0] is None else float(row[0])


def forget_typical() -> None:
    """Between tests, and as a new process begins."""
    _known.clear()
