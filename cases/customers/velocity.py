"""How often and how much a customer transacted: by day as small pictures, by hour in words."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db import connection

from foundation.money import format_money
from intelligence.rates import current_rates

DAYS: Final = 30
READ: Final = 2_000
"""So many of the newest transactions are read, whatever their number."""
WIDTH: Final = 300
HEIGHT: Final = 44

# Keys first, from the index alone: else all rows are walked back for a customer with many of them.
_NEWEST = """
WITH keys AS MATERIALIZED (
    SELECT id FROM transactions_transaction WHERE customer_id = %s ORDER BY id DESC LIMIT %s
), newest AS (
    SELECT id, occurred_at, currency, amount FROM keys JOIN transactions_transaction USING (id)
)"""

_BY_DAY = f"""{_NEWEST}
SELECT (occurred_at AT TIME ZONE 'UTC')::date, currency, count(*), sum(amount)::float8,
       count(*) FILTER (WHERE decision.status = 'declined')
FROM newest LEFT JOIN scoring_decision decision ON decision.transaction_id = newest.id
GROUP BY 1, 2
"""  # noqa: S608  names of our own

# Of each transaction how many there were in the hour that it ends.
_BY_HOUR = f"""{_NEWEST},
     counted AS (SELECT occurred_at, max(occurred_at) OVER () AS last,
                        count(*) OVER (ORDER BY occurred_at
                                       RANGE BETWEEN '1 hour' PRECEDING AND CURRENT ROW) AS number
                 FROM newest)
SELECT max(last), max(number) FILTER (WHERE occurred_at = last),
       max(number) FILTER (WHERE occurred_at < last - interval '1 hour')
FROM counted
"""  # noqa: S608  names of our own


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Hour:
    """The hour that the newest transaction ends, against the customer's busiest one before it."""

    ends: datetime
    number: int
    before: int  # the most in an hour; 0 where there was none before
    is_now: bool

    @property
    def is_record(self) -> bool:
        """More than ever, which says something of who was seen before."""
        return self.number > self.before > 0


@dataclass(frozen=True, slots=True)
class Velocity:
    """Bars of the last DAYS days, the newest at the right."""

    counts: Sequence[Bar]
    declined: Sequence[Bar]  # on the scale of counts, to stand in front of them
    amounts: Sequence[Bar]
    told_counts: str
    told_declined: str
    told_amounts: str
    only: str  # what part it is made from, where it is not all; else empty

    @property
    def quiet(self) -> bool:
        return not any(bar.height for bar in self.counts)


def velocity(customer: int, currency: str, *, now: datetime) -> Velocity:
    """One query, over the newest READ transactions. Amounts in `currency`, by the rate of the day;
    those in a currency without a rate are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, [customer, READ])
        rows = cursor.fetchall()
    return pictures(rows, currency, now.date())


def newest_hour(customer: int, *, now: datetime) -> Hour | None:
    """One query, over the newest READ transactions; None without any."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, [customer, READ])
        ends, number, before = cursor.fetchone()
    if ends is None:
        return None
    return Hour(ends, number, before or 0, now - ends < timedelta(hours=1))


def pictures(
    rows: Sequence[tuple[date, str, int, float, int]], currency: str, today: date
) -> Velocity:
    """From (day, currency, count, sum, declined of them) to pictures."""
    counts: dict[date, float] = defaultdict(float)
    amounts: dict[date, float] = defaultdict(float)
    declined: dict[date, float] = defaultdict(float)
    for day, unit, number, amount, refused in rows:
        counts[day] += number
        declined[day] += refused
        noon = datetime.combine(day, time(12), UTC).timestamp()
        amounts[day] += amount * current_rates().into(currency, (unit,), noon).get(unit, 0.0)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    read = sum(row[2] for row in rows)
    oldest = min((row[0] for row in rows), default=today)
    cut = read >= READ and oldest > days[0]
    most, largest, refused_most = (max(by[d] for d in days) for by in (counts, amounts, declined))
    many, total, refused_all = (sum(by[d] for d in days) for by in (counts, amounts, declined))

    return Velocity(
        counts=_bars(days, counts, most, lambda n: f"{n:,.0f}"),
        declined=_bars(days, declined, most, lambda n: f"{n:,.0f} declined"),
        amounts=_bars(days, amounts, largest, lambda n: format_money(n, currency)),
        told_counts=f"{many:,.0f} in {DAYS} days, at most {most:,.0f} a day",
        told_declined=f"{refused_all:,.0f} declined, at most {refused_most:,.0f} a day"
        if refused_all
        else "none declined",
        told_amounts=f"{format_money(total, currency)} in {DAYS} days, "
        f"at most {format_money(largest, currency)} a day",
        only=f"From the newest {READ:,} transactions alone, back to {oldest}." if cut else "",
    )


def _bars(
    days: Sequence[date], values: Mapping[date, float], most: float, told: Callable[[float], str]
) -> list[Bar]:
    step = WIDTH / len(days)
    bars = []
    for number, day in enumerate(days):
        value = values[day]
        height = round(max((HEIGHT - 4) * value / most, 1.5), 1) if most > 0 and value > 0 else 0.0
        title = f"{day:%a %d %b}: {told(value)}"
        bars.append(Bar(round(number * step + 1, 1), HEIGHT - height, step - 2, height, title))
    return bars
