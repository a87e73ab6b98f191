"""Whether one model is better than another on the same transactions: paired bootstrap. Pure.

Both models are judged on each resample alike, so that what makes a sample easy or hard cancels out
of the difference. Customers are drawn, each with all their transactions: those of one customer
resemble each other, and drawn singly they would pass for more evidence than they are. Bounds are
one-sided, at 95 %.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Customers = npt.NDArray[np.int64]
"""A number for each row's customer, counted from 0."""

ROUNDS: Final = 400
BOUND: Final = 0.05
FLAGGED_FROM: Final = 60.0
"""The ML score from which a transaction counts as stopped: 1 % of genuine traffic."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a model said of labelled transactions, in their order."""

    score: Numbers  # 0..100
    probability: Numbers


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both models; `low` and `high` bound challenger less champion, each at 95 %."""

    champion: float
    challenger: float
    low: float
    high: float


def compare_precision(
    champion: Opinions, challenger: Opinions, fraud: Flags, customer: Customers
) -> Difference:
    """Average precision."""
    rank = [_ranked(one.probability, fraud) for one in (champion, challenger)]
    return bounded(lambda weight: [one(weight) for one in rank], customer)


def compare_cost(
    champion: Opinions,
    challenger: Opinions,
    fraud: Flags,
    amount: Numbers,
    customer: Customers,
    *,
    review: float,
) -> Difference:
    """Mean cost of a transaction: the amounts of missed frauds, and `review` for each genuine one
    that is stopped, in one currency."""
    costs = [
        np.where(fraud, np.where(stopped, 0.0, amount), np.where(stopped, review, 0.0))
        for stopped in (one.score >= FLAGGED_FROM for one in (champion, challenger))
    ]
    return bounded(
        lambda weight: [float(weight @ cost / max(weight.sum(), 1.0)) for cost in costs], customer
    )


def average_precision(score: Numbers, fraud: Flags) -> float:
    """With equal scores taken together.

    >>> average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]))
    0.8333333333333333
    """
    return _ranked(score, fraud)(np.ones(len(score)))


def recall_curve(score: Numbers, fraud: Flags, points: int = 40) -> list[tuple[float, float]]:
    """Recall and precision from the strictest threshold to the loosest."""
    order = np.argsort(-score, kind="stable")
    caught = np.cumsum(fraud[order])
    places = np.unique(np.geomspace(1, len(score), points).astype(int)) - 1
    return [(float(caught[i] / caught[-1]), float(caught[i] / (i + 1))) for i in places]


def roc_curve(score: Numbers, fraud: Flags, points: int = 60) -> list[tuple[float, float]]:
    """Shares of the genuine that are stopped and of the frauds that are, from the strictest
    threshold to the loosest."""
    order = np.argsort(-score, kind="stable")
    caught, stopped = np.cumsum(fraud[order]), np.cumsum(~fraud[order])
    if not caught[-1] or not stopped[-1]:
        return []
    places = np.unique(np.geomspace(1, len(score), points).astype(int)) - 1
    shares = [(float(stopped[i] / stopped[-1]), float(caught[i] / caught[-1])) for i in places]
    return [(0.0, 0.0), *shares]


def money_curve(
    score: Numbers, fraud: Flags, amount: Numbers, points: int = 40
) -> list[tuple[float, float]]:
    """What share of the frauds' money is found in what share of all transactions, those with the
    highest scores first."""
    order = np.argsort(-score, kind="stable")
    lost = np.cumsum(np.where(fraud, amount, 0.0)[order])
    if not len(lost) or not lost[-1]:
        return []
    places = np.unique(np.geomspace(1, len(score), points).astype(int)) - 1
    shares = [(float((i + 1) / len(score)), float(lost[i] / lost[-1])) for i in places]
    return [(0.0, 0.0), *shares]


def _ranked(score: Numbers, fraud: Flags) -> Callable[[Numbers], float]:
    """Average precision under weights, with the sorting done once."""
    order = np.argsort(-score, kind="stable")
    ranked, hit = score[order], fraud[order].astype(float)
    last = np.searchsorted(-ranked, -ranked, side="right") - 1

    def precision(weight: Numbers) -> float:
        w = weight[order]
        hits = w * hit
        total = hits.sum()
        if not total:
            return 0.0
        share = np.cumsum(hits)[last] / np.maximum(np.cumsum(w)[last], 1e-12)
        return float(hits @ share / total)

    return precision


def bounded(figures: Callable[[Numbers], list[float]], customer: Customers) -> Difference:
    """The figure of both models, of which `figures` makes a pair under weights of the rows."""
    champion, challenger = figures(np.ones(len(customer)))
    apart = [new - old for old, new in map(figures, resamples(customer))]
    low, high = np.quantile(apart, [BOUND, 1 - BOUND])
    return Difference(champion, challenger, float(low), float(high))


def precision_at_most(score: Numbers, fraud: Flags, customer: Customers) -> float:
    """The upper bound of the average precision."""
    rank = _ranked(score, fraud)
    return float(np.quantile([rank(weight) for weight in resamples(customer)], 1 - BOUND))


def resamples(customer: Customers, rounds: int = ROUNDS) -> Iterator[Numbers]:
    """Weights of the rows. Customers are drawn by Poisson weights: each comes once on average, with
    all their rows. Seeded, so that the same evidence gives the same bounds."""
    rng = np.random.default_rng(0)
    customers = int(customer.max(initial=-1)) + 1
    for _ in range(rounds):
        yield rng.poisson(1.0, customers).astype(float)[customer]
