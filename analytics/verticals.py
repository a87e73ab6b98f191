"""Each vertical's traffic, and how much of it its rules call fraud."""

from collections.abc import Mapping
from typing import Final

import msgspec

from analytics.period import Period
from analytics.reading import DECISIONS, LABELLED, WITHIN, percent, rows
from rules.definition import VerticalConfig
from rules.queries import published_number
from rules.registry import book_for


class VerticalMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """One vertical. `fraudulent_count` are transactions whose rule score reaches the vertical's
    threshold, whatever was decided in the end; `fraud_rate` is their share in percent.
    `confirmed_fraud` is what turned out so."""

    vertical: str
    threshold: int
    total_transactions: int
    fraudulent_count: int
    fraud_rate: float | None
    average_fraud_score: float | None
    average_rule_score: float | None
    approved: int
    review: int
    declined: int
    confirmed_fraud: int


def verticals_in_force() -> Mapping[str, VerticalConfig]:
    """By code, as the published ruleset has them; empty before one is published. One query."""
    number = published_number()
    return {} if number is None else book_for(number).configs


# Rounded as the decision rounds: half a point goes up.
_BY_VERTICAL: Final = f"""
    SELECT t.vertical, count(*),
           count(*) FILTER (WHERE floor(d.rule_score + 0.5) >= threshold.score),
           avg(d.fraud_score)::float8, avg(d.rule_score),
           count(*) FILTER (WHERE d.status = 'approved'),
           count(*) FILTER (WHERE d.status = 'review'),
           count(*) FILTER (WHERE d.status = 'declined')
    FROM {DECISIONS}
    JOIN unnest(%(verticals)s::text[], %(thresholds)s::int[]) AS threshold (vertical, score)
      ON threshold.vertical = t.vertical
    WHERE {WITHIN} GROUP BY 1
"""  # noqa: S608  no value from outside
_CONFIRMED: Final = f"""
    SELECT t.vertical, count(*) FROM {LABELLED} WHERE {WITHIN} AND label.is_fraud GROUP BY 1
"""  # noqa: S608  no value from outside


def vertical_metrics(
    institution_id: int, period: Period, vertical: str | None = None
) -> tuple[VerticalMetrics, ...]:
    """All verticals in force by code, or the one asked for. Three queries."""
    configs = verticals_in_force()
    asked = sorted(configs) if vertical is None else [vertical] if vertical in configs else []
    thresholds = [configs[code].fraud_score_threshold for code in asked]
    found = rows(
        _BY_VERTICAL,
        institution_id,
        period,
        vertical,
        verticals=asked,
        thresholds=thresholds,
    )
    decided = {row[0]: row[1:] for row in found}
    confirmed = dict(rows(_CONFIRMED, institution_id, period, vertical))
    return tuple(
        _metrics(code, threshold, decided.get(code), confirmed.get(code, 0))
        for code, threshold in zip(asked, thresholds, strict=True)
    )


def _metrics(
    code: str, threshold: int, row: tuple[float, ...] | None, confirmed: int
) -> VerticalMetrics:
    total, fraudulent, fraud_score, rule_score, approved, review, declined = (
        (0, 0, None, None, 0, 0, 0) if row is None else row
    )
    return VerticalMetrics(
        vertical=code,
        threshold=threshold,
        total_transactions=int(total),
        fraudulent_count=int(fraudulent),
        fraud_rate=percent(fraudulent, total),
        average_fraud_score=None if fraud_score is None else round(fraud_score, 4),
        average_rule_score=None if rule_score is None else round(rule_score, 4),
        approved=int(approved),
        review=int(review),
        declined=int(declined),
        confirmed_fraud=confirmed,
    )
