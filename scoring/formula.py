"""The decision formulae, pure: from hits and scores to a status. Source of each: docs/decisions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

Level = Literal["low", "medium", "high", "critical"]
Status = Literal["approved", "review", "declined"]

LEVELS: tuple[tuple[int, Level], ...] = ((80, "critical"), (60, "high"), (40, "medium"))
"""Lower bound of each level on the 0..100 fraud score."""


class Scored(Protocol):
    """What the formulae read of a hit."""

    @property
    def family(self) -> str: ...
    @property
    def effect(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def confidence(self) -> float: ...
    @property
    def weight(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A vertical's say in the decision; scores 0..100, weights sum to 1."""

    review: int = 40
    decline: int = 60
    rules_weight: float = 0.6
    ml_weight: float = 0.4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the formulae make of one transaction."""

    rule_score: float
    fraud_score: int
    level: Level
    status: Status
    effect: str  # the effect that outranked the score, or ""


def certainty(hit: Scored) -> float:
    """How much one hit is worth, 0..1: weight x confidence x score/100, clipped as a whole."""
    return min(1.0, max(0.0, hit.weight * hit.confidence * hit.score / 100.0))


def rule_score(hits: Iterable[Scored]) -> float:
    """Noisy-or over the strongest hit of each family, 0..100. `allow` hits speak for nobody.

    `100 x (1 - product of (1 - certainty))`: independent causes add up without passing 100, and
    several names for one cause count once.
    """
    strongest: dict[str, float] = {}
    for hit in hits:
        if hit.effect != "allow":
            strongest[hit.family] = max(strongest.get(hit.family, 0.0), certainty(hit))
    remaining = 1.0
    # Sorted, so that the same hits give the same last bit whatever their order.
    for value in sorted(strongest.values()):
        remaining *= 1.0 - value
    return 100.0 * (1.0 - remaining)


def fraud_score(rules: float, ml: float | None, thresholds: Thresholds) -> int:
    """The rounded score that thresholds compare; half a point rounds up.

    `ml` None means that no model takes part (none trained, or not wanted): then rules decide alone.
    """
    blended = rules if ml is None else thresholds.rules_weight * rules + thresholds.ml_weight * ml
    return min(100, max(0, int(blended + 0.5)))


def level_of(score: int) -> Level:
    """
    >>> [level_of(score) for score in (39, 40, 60, 80)]
    ['low', 'medium', 'high', 'critical']
    """
    return next((level for bound, level in LEVELS if score >= bound), "low")


def status_of(score: int, effects: Iterable[str], thresholds: Thresholds) -> tuple[Status, str]:
    """Status and the effect that decided it ("" when the score did).

    Effects outrank the score: decline over allow over review.
    """
    present = set(effects)
    if "decline" in present:
        return "declined", "decline"
    if "allow" in present:
        return "approved", "allow"
    if score >= thresholds.decline:
        return "declined", ""
    if "review" in present:
        return "review", "review" if score < thresholds.review else ""
    return ("review" if score >= thresholds.review else "approved"), ""


HOLD_OUT: Final = "hold_out"
"""The effect of the lane that lets a few declines pass, so that somebody learns what they were."""


def let_pass(verdict: Verdict) -> Verdict:
    """The verdict for a transaction of the hold-out lane: what the score alone declines is
    approved. What a rule or list declines stays so."""
    if verdict.status != "declined" or verdict.effect:
        return verdict
    return replace(verdict, status="approved", effect=HOLD_OUT)


SWITCH: Final = "switch"
"""The effect of an operator's switch that decides in the place of rules and model."""

_SWITCHED: Final[dict[str, Status]] = {
    "approve_all": "approved",
    "review_all": "review",
    "decline_all": "declined",
}


def obey(verdict: Verdict, mode: str, *, is_listed: bool) -> Verdict:
    """The verdict under an operator's switch: scores as they are, the status as the switch says.

    What an entry of a list declines by itself (`is_listed`) stays declined: that is something
    known, not an opinion of rules or model. "rules_only" changes nothing here: no model was asked.
    """
    status = _SWITCHED.get(mode)
    if status is None or (is_listed and verdict.effect == "decline"):
        return verdict
    return replace(verdict, status=status, effect=SWITCH)


def decide(hits: tuple[Scored, ...], ml_score: float | None, thresholds: Thresholds) -> Verdict:
    """The whole decision from live hits and the model's aligned score (None: no model)."""
    rules = rule_score(hits)
    score = fraud_score(rules, ml_score, thresholds)
    status, effect = status_of(score, (hit.effect for hit in hits), thresholds)
    return Verdict(rules, score, level_of(score), status, effect)
