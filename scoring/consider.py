"""Consider: rules and formulae over a vector. The same for a live decision and for its replay."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.framework import Value
from rules.definition import VerticalConfig
from rules.engine import CompiledVertical, Evaluation, Hit
from scoring.formula import Thresholds, Verdict, certainty, decide


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a decision rests on; stored with it, so that it can be made again."""

    vertical: CompiledVertical
    values: Sequence[Value | None]
    currency: str
    rates: Mapping[str, float]  # units of `currency` for one unit of each
    listed: Collection[tuple[str, str]]  # (feature, list) pairs that matched
    customer_hash: bytes | None  # places the customer in or out of a canary
    ml_score: float | None


def consider(ground: Ground) -> tuple[Evaluation, Verdict]:
    """Pure: equal grounds give equal decisions, to the last bit."""
    evaluation = ground.vertical.evaluate(
        ground.values,
        currency=ground.currency,
        rates=ground.rates,
        listed=ground.listed,
        customer_hash=ground.customer_hash,
    )
    return evaluation, decide(evaluation.hits, ground.ml_score, thresholds(ground.vertical.config))


def thresholds(config: VerticalConfig) -> Thresholds:
    return Thresholds(
        review=config.review_threshold,
        decline=config.fraud_score_threshold,
        rules_weight=config.rules_weight,
        ml_weight=config.ml_weight,
    )


def hit_as_json(hit: Hit) -> dict[str, Any]:
    """A hit as it is stored and shown; `worth` is its part in the score before combining, 0..1."""
    return {
        "code": hit.code,
        "version": hit.version,
        "name": hit.name,
        "category": hit.category,
        "flag_type": hit.flag_type,
        "family": hit.family,
        "severity": hit.severity,
        "effect": hit.effect,
        "score": hit.score,
        "confidence": hit.confidence,
        "weight": hit.weight,
        "worth": certainty(hit),
        "reason": hit.reason,
    }
