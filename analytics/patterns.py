"""When and how people pay, and where declines gather."""

from typing import Any, Final

import msgspec

from analytics.period import Period
from analytics.reading import DECISIONS, WITHIN, percent, rows


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The transactions of one type, hour or weekday. `declined_percent` is of these."""

    name: str
    transactions: int
    declined: int
    declined_percent: float | None
    average_fraud_score: float | None


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts in one currency: those of several cannot be added up."""

    currency: str
    transactions: int
    total_amount: float
    average_amount: float
    largest_amount: float


class Patterns(msgspec.Struct, frozen=True, kw_only=True):
    """Hours (00 to 23) and weekdays (Monday first) are UTC; those without transactions are there,
    too. A type "" is of transactions that named none."""

    total_transactions: int
    by_type: tuple[Part, ...]
    by_hour: tuple[Part, ...]
    by_weekday: tuple[Part, ...]
    by_currency: tuple[Money, ...]


WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS: Final = tuple(f"{hour:02}" for hour in range(24))

# GROUPING has a bit for each of the four that a row is not about.
_PATTERNS: Final = f"""
    SELECT grouping(kind, hour, weekday, currency), kind, hour, weekday, currency, count(*),
           count(*) FILTER (WHERE status = 'declined'), avg(fraud_score)::float8,
           sum(amount)::float8, avg(amount)::float8, max(amount)::float8
    FROM (SELECT t.transaction_type AS kind, t.currency, t.amount, d.status, d.fraud_score,
                 extract(hour FROM t.occurred_at AT TIME ZONE 'UTC')::int AS hour,
                 extract(isodow FROM t.occurred_at AT TIME ZONE 'UTC')::int AS weekday
          FROM {DECISIONS} WHERE {WITHIN}) AS decided
    GROUP BY GROUPING SETS ((kind), (hour), (weekday), (currency))
"""  # noqa: S608  no value from outside
_KIND, _HOUR, _WEEKDAY, _CURRENCY = 0b0111, 0b1011, 0b1101, 0b1110


def transaction_patterns(
    institution_id: int, period: Period, vertical: str | None = None
) -> Patterns:
    """One query, which reads the period's decisions once."""
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for grouping, *row in rows(_PATTERNS, institution_id, period, vertical):
        groups.setdefault(grouping, []).append(tuple(row))
    hours = {row[1]: row for row in groups.get(_HOUR, ())}
    weekdays = {row[2]: row for row in groups.get(_WEEKDAY, ())}
    kinds = sorted(groups.get(_KIND, ()), key=lambda row: (-row[4], row[0]))
    currencies = sorted(groups.get(_CURRENCY, ()), key=lambda row: (-row[4], row[3]))
    return Patterns(
        total_transactions=sum(row[4] for row in kinds),
        by_type=tuple(_part(row[0], row) for row in kinds),
        by_hour=tuple(_part(name, hours.get(hour)) for hour, name in enumerate(HOURS)),
        by_weekday=tuple(
            _part(name, weekdays.get(number)) for number, name in enumerate(WEEKDAYS, start=1)
        ),
        by_currency=tuple(_money(row) for row in currencies),
    )


def _part(name: str, row: tuple[Any, ...] | None) -> Part:
    transactions, declined, average = (0, 0, None) if row is None else row[4:7]
    return Part(
        name=name,
        transactions=transactions,
        declined=declined,
        declined_percent=percent(declined, transactions),
        average_fraud_score=None if average is None else round(average, 4),
    )


def _money(row: tuple[Any, ...]) -> Money:
    return Money(
        currency=row[3],
        transactions=row[4],
        total_amount=round(row[7], 8),
        average_amount=round(row[8], 8),
        largest_amount=round(row[9], 8),
    )
