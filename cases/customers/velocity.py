"""How often and how much a customer transacted, by day, as two small pictures."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db import connection

from foundation.money import format_money
from intelligence.rates import current_rates

DAYS: Final = 30
READ: Final = 5_000
"""So many of the newest transactions are read, whatever their number."""
WIDTH: Final = 300
HEIGHT: Final = 44

_BY_DAY = """
SELECT (occurred_at AT TIME ZONE 'UTC')::date, currency, count(*), sum(amount)::float8
FROM (SELECT occurred_at, currency, amount FROM transactions_transaction
      WHERE customer_id = %s ORDER BY id DESC LIMIT %s) AS newest
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Velocity:
    """Bars of the last DAYS days, the newest at the right."""

    counts: Sequence[Bar]
    amounts: Sequence[Bar]
    told_counts: str
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


def pictures(rows: Sequence[tuple[date, str, int, float]], currency: str, today: date) -> Velocity:
    """From (day, currency, count, sum) to pictures."""
    counts: dict[date, float] = defaultdict(float)
    amounts: dict[date, float] = defaultdict(float)
    for day, unit, number, amount in rows:
        counts[day] += number
        noon = datetime.combine(day, time(12), UTC).timestamp()
        amounts[day] += amount * current_rates().into(currency, (unit,), noon).get(unit, 0.0)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    read = sum(number for _, _, number, _ in rows)
    oldest = min((row[0] for row in rows), default=today)
    cut = read >= READ and oldest > days[0]
    most = max(counts[day] for day in days)
    largest = max(amounts[day] for day in days)
    many = sum(counts[day] for day in days)
    total = sum(amounts[day] for day in days)
    return Velocity(
        counts=_bars(days, [counts[day] for day in days], lambda n: f"{n:,.0f}"),
        amounts=_bars(days, [amounts[day] for day in days], lambda n: format_money(n, currency)),
        told_counts=f"{many:,.0f} in {DAYS} days, at most {most:,.0f} a day",
        told_amounts=f"{format_money(total, currency)} in {DAYS} days, "
        f"at most {format_money(largest, currency)} a day",
        only=f"From the newest {READ:,} transactions alone, back to {oldest}." if cut else "",
    )


def _bars(days: Sequence[date], values: Sequence[float], told: Callable[[float], str]) -> list[Bar]:
    step, most = WIDTH / len(days), max(values)
    bars = []
    for number, (day, value) in enumerate(zip(days, values, strict=True)):
        height = round(max((HEIGHT - 4) * value / most, 1.5), 1) if most > 0 and value > 0 else 0.0
        title = f"{day:%a %d %b}: {told(value)}"
        bars.append(Bar(round(number * step + 1, 1), HEIGHT - height, step - 2, height, title))
    return bars
