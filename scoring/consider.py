"""Consider: rules and formulae over a vector. The same for a live decision and for its replay."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from features.framework import Value
from intelligence.lookup import Listing, pairs
from rules.definition import VerticalConfig
from rules.engine import CompiledVertical, Evaluation, Hit
from rules.switching.reading import Mode, Switched
from scoring.formula import SWITCH, Thresholds, Verdict, certainty, decide, let_pass, obey


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a decision rests on; stored with it, so that it can be made again."""

    vertical: CompiledVertical
    values: Sequence[Value | None]
    currency: str
    rates: Mapping[str, float]  # units of `currency` for one unit of each
    listings: Collection[Listing]  # entries of lists that name an identifier or text of it
    customer_hash: bytes | None  # places the customer in or out of a canary
    ml_score: float | None
    held_out: bool = False  # drawn for the lane that lets declines pass
    switch: Switched | None = None  # the operator's, where one is on


def consider(ground: Ground) -> tuple[Evaluation, Verdict]:
    """Pure: equal grounds give equal decisions, to the last bit."""
    evaluation = ground.vertical.evaluate(
        ground.values,
        currency=ground.currency,
        rates=ground.rates,
        listed=pairs(ground.listings),
        customer_hash=ground.customer_hash,
    )
    if listed := _listed_hits(ground.listings):
        evaluation = msgspec.structs.replace(evaluation, hits=evaluation.hits + listed)
    verdict = decide(evaluation.hits, ground.ml_score, thresholds(ground.vertical.config))
    if ground.held_out:
        verdict = let_pass(verdict)
    return (evaluation, verdict) if ground.switch is None else _obeying(ground, evaluation, verdict)


def _obeying(
    ground: Ground, evaluation: Evaluation, verdict: Verdict
) -> tuple[Evaluation, Verdict]:
    """The decision under the switch; what it decides stands among the hits with its reason."""
    assert ground.switch is not None  # noqa: S101  the caller has looked
    is_listed = any(entry.effect == "decline" for entry in ground.listings)
    verdict = obey(verdict, ground.switch.mode, is_listed=is_listed)
    if verdict.effect == SWITCH:
        hit = _switched_hit(ground.switch, ground.vertical.config.name)
        evaluation = msgspec.structs.replace(evaluation, hits=(*evaluation.hits, hit))
    return evaluation, verdict


def _listed_hits(listings: Iterable[Listing]) -> tuple[Hit, ...]:
    """Entries that carry an effect of their own speak without a rule, once for each list."""
    speaking = {f"list_{e.list_name}.{e.effect}": e for e in sorted(listings) if e.effect}
    return tuple(_listed_hit(code, entry) for code, entry in speaking.items())


_SEVERITIES = {"allow": "low", "review": "high", "decline": "critical"}


def _listed_hit(code: str, entry: Listing) -> Hit:
    what = entry.feature.replace("_", " ")
    return Hit(
        code=code.partition(".")[0],
        version=0,
        name=f"On the list {entry.list_name}",
        category="list",
        flag_type="listed",
        family="list",
        severity=_SEVERITIES[entry.effect],
        effect=entry.effect,
        score=0.0,
        confidence=1.0,
        weight=1.0,
        # Not the entry's own reason: that was written for colleagues, and clients read this.
        reason=f"The {what} is on the list {entry.list_name}",
        sentinel_id="",
    )


_DONE = {
    Mode.APPROVE_ALL: ("approved", "low", "allow"),
    Mode.REVIEW_ALL: ("held for review", "high", "review"),
    Mode.DECLINE_ALL: ("declined", "critical", "decline"),
}


def _switched_hit(switch: Switched, vertical: str) -> Hit:
    done, severity, effect = _DONE[switch.mode]
    until = datetime.fromtimestamp(switch.until, UTC)
    return Hit(
        code=f"switch_{switch.mode}",
        version=0,
        name=f"Operator's switch: {switch.mode.words}",
        category=SWITCH,
        flag_type="operator_switch",
        family=SWITCH,
        severity=severity,
        effect=effect,
        score=0.0,
        confidence=1.0,
        weight=1.0,
        reason=f"All transactions of {vertical} are {done} until {until:%H:%M} UTC, "
        "by an operator's switch",
        sentinel_id="",
    )


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
