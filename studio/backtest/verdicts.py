"""Many verdicts at once, equal to `scoring.formula` to the last bit.

The rule score is made by the formula itself, once for each distinct combination of hits: of a
million decisions there are some thousands. What remains for each row, blending with the model and
comparing with thresholds, are the same few operations on arrays of doubles.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rules.definition import Definition, VerticalConfig
from scoring.consider import thresholds
from scoring.formula import rule_score

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

STATUSES: Final = ("approved", "review", "declined")
APPROVED, REVIEW, DECLINED = range(3)

ALLOWS, REVIEWS, DECLINES = 1, 2, 4
_FLAGS: Final = {"allow": ALLOWS, "review": REVIEWS, "decline": DECLINES}


class Scored(NamedTuple):
    """What the formulae read of a hit."""

    family: str
    effect: str
    score: float
    confidence: float
    weight: float


def scored(definition: Definition, points: float, weight: float) -> Scored:
    """A hit of the rule. `points` within 0..100."""
    return Scored(definition.family, definition.effect.value, points, definition.confidence, weight)


def effect_flags(effects: Iterable[str]) -> int:
    """Which effects are present, as a sum of ALLOWS, REVIEWS and DECLINES."""
    flags = 0
    for effect in effects:
        flags |= _FLAGS.get(effect, 0)
    return flags


def combined(hits: list[Scored]) -> tuple[float, int]:
    """Rule score and effects of one combination of hits."""
    return rule_score(hits), effect_flags(hit.effect for hit in hits)


class Limits(NamedTuple):
    """Thresholds of many rows, one value a row."""

    review: Floats
    decline: Floats
    rules_weight: Floats
    ml_weight: Floats

    @classmethod
    def of(cls, configs: list[VerticalConfig], codes: npt.NDArray[Any]) -> "Limits":
        """`codes` says which of the configurations each row has."""
        each = [thresholds(config) for config in configs]
        table = np.array(
            [(one.review, one.decline, one.rules_weight, one.ml_weight) for one in each], np.float64
        ).reshape(-1, 4)
        return cls(*(table[codes, place] for place in range(4)))


def statuses(rules: Floats, ml: Floats, flags: Bytes, limits: Limits) -> Bytes:
    """Codes of STATUSES, as `formula.fraud_score` and `formula.status_of` would say.

    `ml` is NaN where no model took part.
    """
    blended = np.where(np.isnan(ml), rules, limits.rules_weight * rules + limits.ml_weight * ml)
    score = np.clip(np.trunc(blended + 0.5), 0.0, 100.0)
    found = np.full(len(score), APPROVED, np.uint8)
    found[(score >= limits.review) | (flags & REVIEWS != 0)] = REVIEW
    found[score >= limits.decline] = DECLINED
    found[flags & ALLOWS != 0] = APPROVED
    found[flags & DECLINES != 0] = DECLINED
    return found
