"""Which case first: by what is at stake and how long it has waited. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import log2
from typing import Final

DOUBLING: Final = timedelta(days=1)
"""A case that has waited so long ranks as one with twice the loss that was just opened."""

TIME_TO_DECIDE: Final[Mapping[str, timedelta]] = {
    "critical": timedelta(hours=4),
    "high": timedelta(hours=8),
    "medium": timedelta(hours=24),
    "low": timedelta(hours=24),
}
"""By the level of a case's highest score."""


def expected_loss(amount: float, *, probability: float | None, score: int) -> float:
    """What is lost on average if nothing is done, in the amount's currency.

    Without a model the score over 100 stands for the probability.
    """
    return amount * (score / 100 if probability is None else probability)


def rank(loss: float, opened_at: datetime) -> float:
    """Cases go by descending rank. `loss` in one currency for all.

    The rank of a case does not change while it waits, as every other one ages at the same pace: so
    it can be indexed.
    """
    return log2(1 + max(loss, 0.0)) - opened_at.timestamp() / DOUBLING.total_seconds()
