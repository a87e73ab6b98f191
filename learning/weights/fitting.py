"""Weights of rules from outcomes. Pure.

The rule score is a noisy-or: 100 x (1 - product of (1 - c)), where c = weight x confidence x
score / 100 is a hit's certainty. So the evidence -ln(1 - c) adds up over hits, as log odds do in a
logistic regression. One is mapped to the other:

1. The present evidence of all hits together is fitted to the outcomes: log odds = a + s x evidence.
   `s` is what the vertical's scale means today.
2. Each rule with enough hits gets a coefficient of its own, never below 0, held near `s` x its
   present evidence by a ridge: few hits leave it where it is.
3. Coefficient / s is its evidence by outcomes, and that a weight. Scores keep their scale.

Bounds are of refits on resampled outcomes (Poisson bootstrap). All is judged on later days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEWEST_FRAUDS: Final = 50
FEWEST_GENUINE: Final = 500
FEWEST_LATER_FRAUDS: Final = 10
FEWEST_HITS: Final = 30
LATER_SHARE: Final = 0.3
RESAMPLES: Final = 100
MOST_WEIGHT: Final = 5.0
LEAST_CHANGE: Final = 0.1
_RIDGE: Final = 2.0
_SUREST: Final = 0.999
_SURE: Final = 3.0
"""Standard errors that the slope of the present evidence must lie above 0."""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule in one vertical: `worth` is confidence x score / 100 of a hit, the mean of its hits
    where the score is an expression."""

    code: str
    family: str
    worth: float
    weight: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Decisions in order of time: which rules hit (a column each, 0 where it did not, else the
    hit's worth), and whether it was fraud."""

    rules: tuple[RuleFacts, ...]
    worth: Doubles  # rows x rules
    fraud: Flags

    def later(self) -> int:
        """The first row of the later days."""
        return round(len(self.fraud) * (1 - LATER_SHARE))


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
    earlier = _Evidence.of(outcomes, slice(0, split))
    slope, base, error = earlier.present()
    if slope < _SURE * error:
        raise TooLittle(
            "The rules' scores say nothing about fraud here, so there is no scale to suggest on; "
            "look at the rules themselves."
        )
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


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Rows with the same strongest hits are one pattern, with counts of both outcomes."""

    hit: Doubles  # patterns x rules: 1 where the rule is the strongest of its family
    genuine: Doubles
    fraud: Doubles
    now: Doubles  # present evidence by rule
    free: Flags

    @classmethod
    def of(cls, outcomes: Outcomes, rows: slice) -> _Evidence:
        strongest = _strongest(outcomes, rows)
        patterns, inverse = np.unique(strongest, axis=0, return_inverse=True)
        fraud = outcomes.fraud[rows].astype(float)
        count = len(patterns)
        of_fraud = np.bincount(inverse.ravel(), fraud, count).astype(float)
        of_genuine = np.bincount(inverse.ravel(), 1 - fraud, count).astype(float)
        now = np.array([evidence(rule.weight * rule.worth) for rule in outcomes.rules])
        free = strongest.sum(axis=0) >= FEWEST_HITS
        return cls(patterns.astype(float), of_genuine, of_fraud, now, np.asarray(free))

    def present(self) -> tuple[float, float, float]:
        """The slope and base of log odds on the present evidence, and the slope's standard
        error."""
        total = self.hit @ self.now
        found = _minimised(
            lambda p: _loss(p[0] * total + p[1], self.genuine, self.fraud, (total, None)),
            np.array([1.0, -3.0]),
            [(0.0, 20.0), (-20.0, 5.0)],
        )
        p = 1 / (1 + np.exp(-(found[0] * total + found[1])))
        heft = (self.genuine + self.fraud) * p * (1 - p)
        mean = float(heft @ total) / float(heft.sum())
        spread = float(heft @ (total - mean) ** 2)
        return float(found[0]), float(found[1]), spread**-0.5 if spread > 0 else float("inf")

    def fitted(self, slope: float, base: float, genuine: Doubles, fraud: Doubles) -> Doubles:
        """The evidence of each rule by these outcomes; of rules that are not free, as now."""
        held = slope * self.now
        mine = self.hit[:, self.free]
        rest = self.hit[:, ~self.free] @ held[~self.free]
        near = held[self.free]

        def loss(p: Doubles) -> tuple[float, Doubles]:
            margin = mine @ p[:-1] + rest + p[-1]
            value, slopes = _margin_loss(margin, genuine, fraud)
            apart = p[:-1] - near
            gradient = np.append(mine.T @ slopes + _RIDGE * apart, slopes.sum())
            return value + _RIDGE / 2 * float(apart @ apart), gradient

        bounds = [(0.0, None)] * int(self.free.sum()) + [(-20.0, 5.0)]
        found = held.copy()
        found[self.free] = _minimised(loss, np.append(near, base), bounds)[:-1]
        return np.asarray(found / slope)


def evidence(certainty: float) -> float:
    """What a hit of this certainty adds.

    >>> round(evidence(0.5), 4)
    0.6931
    """
    return float(-np.log1p(-min(certainty, _SUREST)))


def _strongest(outcomes: Outcomes, rows: slice) -> npt.NDArray[np.bool_]:
    """Of several hits of a family, the one that is worth most now; the others add nothing."""
    weights = np.array([rule.weight for rule in outcomes.rules])
    certain = outcomes.worth[rows] * np.maximum(weights, 1e-9)
    kept: Flags = certain > 0
    families = np.array([rule.family for rule in outcomes.rules])
    for family in np.unique(families):
        places = np.flatnonzero(families == family)
        if len(places) > 1:
            best = certain[:, places].argmax(axis=1)
            mask = np.zeros((len(certain), len(places)), bool)
            mask[np.arange(len(certain)), best] = True
            kept[:, places] &= mask
    return kept


def _bounded(
    rules: Sequence[RuleFacts], earlier: _Evidence, slope: float, base: float
) -> tuple[Doubles, Doubles, Doubles]:
    def weights(genuine: Doubles, fraud: Doubles) -> Doubles:
        found = earlier.fitted(slope, base, genuine, fraud)
        certainty = 1 - np.exp(-found)
        worth = np.array([max(rule.worth, 1e-6) for rule in rules])
        return np.asarray(np.clip(certainty / worth, 0.0, MOST_WEIGHT).round(2))

    chance = np.random.default_rng(0)
    tries = [
        weights(
            chance.poisson(earlier.genuine).astype(float),
            chance.poisson(earlier.fraud).astype(float),
        )
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(tries, [0.05, 0.95], axis=0)
    return weights(earlier.genuine, earlier.fraud), low, high


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
        from learning.registry.paired import average_precision

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


def _margin_loss(margin: Doubles, genuine: Doubles, fraud: Doubles) -> tuple[float, Doubles]:
    """Minus the log likelihood of the counts, and its slope by margin."""
    value = float(fraud @ np.logaddexp(0, -margin) + genuine @ np.logaddexp(0, margin))
    p = 1 / (1 + np.exp(-np.clip(margin, -500, 500)))
    return value, np.asarray(p * (genuine + fraud) - fraud)


def _loss(
    margin: Doubles, genuine: Doubles, fraud: Doubles, by: tuple[Doubles, None]
) -> tuple[float, Doubles]:
    value, slopes = _margin_loss(margin, genuine, fraud)
    return value, np.array([by[0] @ slopes, slopes.sum()])


def _minimised(
    loss: Callable[[Doubles], tuple[float, Doubles]],
    start: Doubles,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Doubles:
    from scipy.optimize import minimize

    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x)
