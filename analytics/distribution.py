"""How the scores are spread."""

from collections import Counter
from typing import Final

import msgspec

from analytics.period import Period
from analytics.reading import DECISIONS, WITHIN, percent, rows


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions of one risk level."""

    risk_level: str
    transactions: int
    percent: float | None


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions whose fraud score lies in this band, both ends included."""

    score_from: int
    score_to: int
    transactions: int
    approved: int
    review: int
    declined: int


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """Levels from low to critical, and bands of ten scores from 0 to 100."""

    total_transactions: int
    average_fraud_score: float | None
    levels: tuple[Level, ...]
    bands: tuple[Band, ...]


LEVELS: Final = ("low", "medium", "high", "critical")
BANDS: Final = tuple((low, 100 if low == 90 else low + 9) for low in range(0, 100, 10))
Cells = Counter[tuple[int, str, str]]

_BY_SCORE: Final = f"""
    SELECT d.fraud_score, d.risk_level, d.status, count(*)
    FROM {DECISIONS} WHERE {WITHIN} GROUP BY 1, 2, 3
"""  # noqa: S608  no value from outside


def risk_distribution(
    institution_id: int, period: Period, vertical: str | None = None
) -> Distribution:
    """One query."""
    cells: Cells = Counter()
    for score, level, status, number in rows(_BY_SCORE, institution_id, period, vertical):
        cells[score, level, status] = number
    total = cells.total()
    points = sum(score * number for (score, _, _), number in cells.items())
    return Distribution(
        total_transactions=total,
        average_fraud_score=round(points / total, 4) if total else None,
        levels=tuple(_level(level, cells, total) for level in LEVELS),
        bands=tuple(_band(low, high, cells) for low, high in BANDS),
    )


def _level(level: str, cells: Cells, total: int) -> Level:
    number = sum(n for (_, its, _), n in cells.items() if its == level)
    return Level(risk_level=level, transactions=number, percent=percent(number, total))


def _band(low: int, high: int, cells: Cells) -> Band:
    by_status: Counter[str] = Counter()
    for (score, _, status), number in cells.items():
        if low <= score <= high:
            by_status[status] += number
    return Band(
        score_from=low,
        score_to=high,
        transactions=by_status.total(),
        approved=by_status["approved"],
        review=by_status["review"],
        declined=by_status["declined"],
    )
