"""What rules' hits say of fraud: the outcomes that are known, and regressions over them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Counts = tuple[Doubles, Doubles]
"""Of genuine and of fraudulent decisions, by pattern."""

FEWEST_HITS: Final = 30
LATER_SHARE: Final = 0.3
_RIDGE: Final = 2.0
_SUREST: Final = 0.999


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
    hit's worth), whether it was fraud, and whose it was (customers counted from 0)."""

    rules: tuple[RuleFacts, ...]
    worth: Doubles  # rows x rules
    fraud: Flags
    customer: Whole

    def later(self) -> int:
        """The first row of the later days."""
        return round(len(self.fraud) * (1 - LATER_SHARE))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows with the same strongest hits are one pattern: regressions need the counts alone."""

    hit: Doubles  # patterns x rules: 1 where the rule is the strongest of its family
    pattern: Whole  # of each row
    fraud: Flags  # each row
    customer: Whole  # of each row
    now: Doubles  # present evidence by rule
    free: Flags

    @classmethod
    def of(cls, outcomes: Outcomes, rows: slice) -> Evidence:
        strongest = _strongest(outcomes, rows)
        patterns, inverse = np.unique(strongest, axis=0, return_inverse=True)
        now = np.array([evidence(rule.weight * rule.worth) for rule in outcomes.rules])
        free = strongest.sum(axis=0) >= FEWEST_HITS
        return cls(
            patterns.astype(float),
            inverse.ravel().astype(np.int64),
            outcomes.fraud[rows],
            outcomes.customer[rows],
            now,
            np.asarray(free),
        )

    def counts(self, weight: Doubles | None = None) -> Counts:
        """As they are, or with these weights of the rows."""
        each = np.ones(len(self.fraud)) if weight is None else weight
        genuine, fraud = (
            np.bincount(self.pattern, np.where(which, each, 0.0), len(self.hit)).astype(np.float64)
            for which in (~self.fraud, self.fraud)
        )
        return genuine, fraud

    def present(self) -> tuple[float, float, float]:
        """The slope and base of log odds on the present evidence, and the slope's standard
        error."""
        total = self.hit @ self.now
        genuine, fraud = self.counts()
        found = _minimised(
            lambda p: _loss(p[0] * total + p[1], genuine, fraud, total),
            np.array([1.0, -3.0]),
            [(0.0, 20.0), (-20.0, 5.0)],
        )
        p = 1 / (1 + np.exp(-(found[0] * total + found[1])))
        heft = (genuine + fraud) * p * (1 - p)
        mean = float(heft @ total) / float(heft.sum())
        spread = float(heft @ (total - mean) ** 2)
        return float(found[0]), float(found[1]), spread**-0.5 if spread > 0 else float("inf")

    def fitted(self, slope: float, base: float, counts: Counts) -> Doubles:
        """The evidence of each rule by these outcomes; of rules that are not free, as now."""
        genuine, fraud = counts
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


def _margin_loss(margin: Doubles, genuine: Doubles, fraud: Doubles) -> tuple[float, Doubles]:
    """Minus the log likelihood of the counts, and its slope by margin."""
    value = float(fraud @ np.logaddexp(0, -margin) + genuine @ np.logaddexp(0, margin))
    p = 1 / (1 + np.exp(-np.clip(margin, -500, 500)))
    return value, np.asarray(p * (genuine + fraud) - fraud)


def _loss(
    margin: Doubles, genuine: Doubles, fraud: Doubles, total: Doubles
) -> tuple[float, Doubles]:
    """By the slope of the total evidence and the base."""
    value, slopes = _margin_loss(margin, genuine, fraud)
    return value, np.array([total @ slopes, slopes.sum()])


def _minimised(
    loss: Callable[[Doubles], tuple[float, Doubles]],
    start: Doubles,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Doubles:
    from scipy.optimize import minimize

    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x)
