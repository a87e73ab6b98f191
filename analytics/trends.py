"""Decisions and frauds day by day, in UTC."""

from datetime import date, timedelta
from typing import Any, Final

import msgspec

from analytics.period import Period
from analytics.reading import DECISIONS, LABELLED, WITHIN, percent, rows


class TrendDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day's transactions. `fraud_rate` is confirmed frauds in percent of all; it grows for
    weeks, as labels come in."""

    date: date
    transactions: int
    approved: int
    review: int
    declined: int
    average_fraud_score: float | None
    confirmed_fraud: int
    confirmed_genuine: int
    fraud_rate: float | None


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    """Every day of the period, also those without a transaction, oldest first."""

    days: int
    trends: tuple[TrendDay, ...]


_DECIDED: Final = f"""
    SELECT (t.occurred_at AT TIME ZONE 'UTC')::date, count(*),
           count(*) FILTER (WHERE d.status = 'approved'),
           count(*) FILTER (WHERE d.status = 'review'),
           count(*) FILTER (WHERE d.status = 'declined'), avg(d.fraud_score)::float8
    FROM {DECISIONS} WHERE {WITHIN} GROUP BY 1
"""  # noqa: S608  no value from outside
_CONFIRMED: Final = f"""
    SELECT (t.occurred_at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE label.is_fraud),
           count(*) FILTER (WHERE NOT label.is_fraud)
    FROM {LABELLED} WHERE {WITHIN} GROUP BY 1
"""  # noqa: S608  no value from outside


def fraud_trends(institution_id: int, period: Period, vertical: str | None = None) -> Trends:
    """Two queries."""
    decided = {row[0]: row for row in rows(_DECIDED, institution_id, period, vertical)}
    confirmed = {row[0]: row for row in rows(_CONFIRMED, institution_id, period, vertical)}
    first = period.since.date()
    last = max([period.last_day, *decided])
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return Trends(
        days=len(days),
        trends=tuple(
            _day(day, decided.get(day, (day, 0, 0, 0, 0, None)), confirmed.get(day, (day, 0, 0)))
            for day in days
        ),
    )


def _day(day: date, decided: tuple[Any, ...], confirmed: tuple[Any, ...]) -> TrendDay:
    _, transactions, approved, review, declined, average = decided
    return TrendDay(
        date=day,
        transactions=transactions,
        approved=approved,
        review=review,
        declined=declined,
        average_fraud_score=None if average is None else round(average, 4),
        confirmed_fraud=confirmed[1],
        confirmed_genuine=confirmed[2],
        fraud_rate=percent(confirmed[1], transactions),
    )
