"""What stands in for a model that does not answer: the vertical's recent median."""

import time
from typing import Final

from django.db import connection

NOBODY_KNOWS: Final = 10.0
"""Before there is any score: what ordinary traffic has, about."""

FRESH_SECONDS: Final = 60.0
RECENT: Final = 1_000
# What stood in earlier counts only where no model has spoken since: a long outage keeps its scale.
_MEDIAN: Final = """
SELECT COALESCE(
  percentile_disc(0.5) WITHIN GROUP (ORDER BY ml_score) FILTER (WHERE model_version <> ''),
  percentile_disc(0.5) WITHIN GROUP (ORDER BY ml_score))
FROM (SELECT id FROM transactions_transaction
      WHERE vertical = %s ORDER BY id DESC LIMIT %s) AS recent
JOIN scoring_decision ON transaction_id = recent.id
WHERE ml_score IS NOT NULL
"""
_known: dict[str, tuple[float, float]] = {}


def typical_score(vertical: str) -> float:
    """The median ML score among the vertical's last 1,000 decisions, 10 where none has one.

    One query a minute for each vertical, over an index of its own: as quick for a vertical with ten
    decisions a day as for one with a million.
    """
    now = time.monotonic()
    known = _known.get(vertical)
    if known is None or now >= known[0]:
        known = _known[vertical] = (now + FRESH_SECONDS, _median(vertical))
    return known[1]


def _median(vertical: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_MEDIAN, [vertical, RECENT])
        row = cursor.fetchone()
    return NOBODY_KNOWS if row is None or row[0] is None else float(row[0])


def forget_typical() -> None:
    """Between tests, and as a new process begins."""
    _known.clear()
