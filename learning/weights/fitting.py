"""Weights of rules from outcomes. Pure.

The rule score is a noisy-or: 100 x (1 - product of (1 - c)), where c = weight x confidence x
score / 100 is a hit's certainty. So the evidence -ln(1 - c) adds up over hits, as log odds do in a
logistic regression. One is mapped to the other:

1. The present evidence of all hits together is fitted to the outcomes: log odds = a + s x evidence.
   `s` is what the vertical's scale means today.
2. Each rule with enough hits gets a coefficient of its own, never below 0, held near `s` x its
   present evidence by a ridge: few hits leave it where it is.
3. Coefficient / s is its evidence by outcomes, and that a weight. Scores keep their scale.

Bounds are of refits on resampled customers, each with all their outcomes. All is judged on later
days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from learning.registry.paired import average_precision, resamples
from learning.weights.evidence import Counts, Doubles, Evidence, Outcomes, RuleFacts

FEWEST_FRAUDS: Final = 50
FEWEST_GENUINE: Final = 500
FEWEST_LATER_FRAUDS: Final = 10
RESAMPLES: Final = 100
MOST_WEIGHT: Final = 5.0
LEAST_CHANGE: Final = 0.1
_SURE: Final = 3.0
"""Standard errors that the slope of the present evidence must lie above 0."""


@dataclass(frozen=True, slots=True)
class Effect:
    """On later days: average precision of the rule score, and precision and recall from the
    review threshold on, by rules alone. None where nothing was flagged."""

    average_precision: float
    flagged: int
    precision: float | None
    recall: float

    def as_dict(self) -> dict[str, float | int | None]:
        return {
            "average_precision": self.average_precision,
            "flagged": self.flagged,
            "precision": self.precision,
            "recall": self.recall,
        }


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a rule should weigh, with bounds of 90 %."""

    rule: RuleFacts
    weight: float
    low: float
    high: float
    hits: int
    frauds: int
    after: Effect


@dataclass(frozen=True, slots=True)
class Fitted:
    """`before` and `after` are of later days, with none and with all of the suggestions; `worse`
    counts those left out because later days were ordered worse by them."""

    before: Effect
    after: Effect
    suggestions: tuple[Suggested, ...]
    worse: int


class TooLittle(ValueError):
    """Too few outcomes to say anything; the sentence says how many are needed."""


def fit_weights(outcomes: Outcomes, review_threshold: float) -> Fitted:
    """Suggestions for the rules whose weight is surely another. Raises TooLittle."""
    _check(outcomes)
    split = outcomes.later()
    earlier = Evidence.of(outcomes, slice(0, split))
    slope, base, error = earlier.present()
    if slope < _SURE * error:
        raise TooLittle(
            "The rules' scores say nothing about fraud here, so there is no scale to suggest on; "
            "look at the rules themselves."
        )
    # Threads that wait for each other over matrices so small take fifteen times as long.
    with threadpool_limits(1, "blas"):
        weights, low, high = _bounded(outcomes.rules, earlier, slope, base)
    judge = _Judge(outcomes, split, review_threshold)
    before = judge.effect({})
    found: list[Suggested] = []
    worse = 0
    for place, rule in enumerate(outcomes.rules):
        if not earlier.free[place] or not _is_another(
            rule.weight, weights[place], low, high, place
        ):
            continue
        after = judge.effect({rule.code: float(weights[place])})
        if after.average_precision < before.average_precision:
            worse += 1
            continue
        hit = outcomes.worth[:, place] > 0
        found.append(
            Suggested(
                rule,
                float(weights[place]),
                float(low[place]),
                float(high[place]),
                int(hit.sum()),
                int((hit & outcomes.fraud).sum()),
                after,
            )
        )
    return Fitted(
        before, judge.effect({one.rule.code: one.weight for one in found}), tuple(found), worse
    )


def _check(outcomes: Outcomes) -> None:
    frauds = int(outcomes.fraud.sum())
    genuine = len(outcomes.fraud) - frauds
    if frauds < FEWEST_FRAUDS or genuine < FEWEST_GENUINE:
        raise TooLittle(
            f"Known are {frauds:,} of fraud and {genuine:,} genuine; "
            f"{FEWEST_FRAUDS} and {FEWEST_GENUINE} are needed."
        )
    later = int(outcomes.fraud[outcomes.later() :].sum())
    if later < FEWEST_LATER_FRAUDS:
        raise TooLittle(
            f"Only {later} of the {frauds:,} known frauds are on later days; "
            f"{FEWEST_LATER_FRAUDS} are needed to judge a change."
        )


def _is_another(now: float, weight: float, low: Doubles, high: Doubles, place: int) -> bool:
    return abs(weight - now) >= LEAST_CHANGE and not low[place] <= now <= high[place]


def _bounded(
    rules: Sequence[RuleFacts], earlier: Evidence, slope: float, base: float
) -> tuple[Doubles, Doubles, Doubles]:
    def weights(counts: Counts) -> Doubles:
        found = earlier.fitted(slope, base, counts)
        certainty = 1 - np.exp(-found)
        worth = np.array([max(rule.worth, 1e-6) for rule in rules])
        return np.asarray(np.clip(certainty / worth, 0.0, MOST_WEIGHT).round(2))

    drawn = resamples(earlier.customer, RESAMPLES)
    tries = [weights(earlier.counts(weight)) for weight in drawn]
    low, high = np.quantile(tries, [0.05, 0.95], axis=0)
    return weights(earlier.counts()), low, high


class _Judge:
    """The rule score of later days under other weights, by scoring's own formula."""

    def __init__(self, outcomes: Outcomes, split: int, review_threshold: float) -> None:
        self._rules = outcomes.rules
        self._worth = outcomes.worth[split:]
        self._fraud = outcomes.fraud[split:]
        self._review = review_threshold
        families = [rule.family for rule in outcomes.rules]
        self._families = [
            [place for place, one in enumerate(families) if one == family]
            for family in dict.fromkeys(families)
        ]

    def effect(self, changed: Mapping[str, float]) -> Effect:
        score = self._scores(changed)
        flagged = score >= self._review
        caught = int((flagged & self._fraud).sum())
        count = int(flagged.sum())
        return Effect(
            average_precision(score, self._fraud),
            count,
            caught / count if count else None,
            caught / max(int(self._fraud.sum()), 1),
        )

    def _scores(self, changed: Mapping[str, float]) -> Doubles:
        weights = np.array([changed.get(rule.code, rule.weight) for rule in self._rules])
        certain = np.clip(self._worth * weights, 0.0, 1.0)
        left = np.ones(len(certain))
        for places in self._families:
            left *= 1 - certain[:, places].max(axis=1)
        return np.asarray(100 * (1 - left))
