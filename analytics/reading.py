"""What the queries have in common: whose rows, of which days, with which label."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

from analytics.period import Period
from transactions.labels.precedence import current_first

DECISIONS: Final = """
    transactions_transaction t JOIN scoring_decision d ON d.transaction_id = t.id
"""
"""Each with its decision, as `t` and `d`; goes before WITHIN."""

WITHIN: Final = """
    t.institution_id = %(institution)s AND t.id >= %(first_id)s AND d.transaction_id >= %(first_id)s
    AND t.occurred_at >= %(since)s AND t.occurred_at < %(until)s
    AND (%(vertical)s::text IS NULL OR t.vertical = %(vertical)s)
"""

# A label is known after its transaction, so that of one in the period none lies before it.
LABELLED: Final = f"""
    (SELECT DISTINCT ON (l.transaction_id) l.transaction_id, l.is_fraud
     FROM transactions_label l
     WHERE l.institution_id = %(institution)s AND l.known_at >= %(since)s
       AND l.transaction_id >= %(first_id)s
     ORDER BY l.transaction_id, {current_first("l")}) label
    JOIN transactions_transaction t ON t.id = label.transaction_id
    JOIN scoring_decision d ON d.transaction_id = t.id
"""  # noqa: S608  no value from outside
"""Transactions with a label, the current one as `label`; goes before WITHIN."""


def rows(
    sql: str, institution_id: int, period: Period, vertical: str | None = None, **more: Any
) -> list[tuple[Any, ...]]:
    """One query. Its parameters are those of WITHIN, and `more`."""
    params: Mapping[str, Any] = {
        "institution": institution_id,
        "first_id": period.first_id,
        "since": period.since,
        "until": period.until,
        "vertical": vertical,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def share(part: float, whole: float) -> float | None:
    """A part of a whole, 0 to 1, to six digits; None where the whole is empty."""
    return round(part / whole, 6) if whole else None


def percent(part: float, whole: float) -> float | None:
    """The same in percent, to four digits."""
    return round(100 * part / whole, 4) if whole else None
