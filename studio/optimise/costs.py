"""What mistakes cost, and the value that costs least. Pure.

    cost of a value = missed_share x amount of fraud approved
                    + insult       x number of genuine transactions declined
                    + minutes / 60 x hourly cost x number of reviews

A review finds out: fraud held for review is not lost, and a genuine transaction held is no insult
but costs its review. Cost-sensitive thresholds: Elkan, The foundations of cost-sensitive learning
(2001); Bahnsen et al., Example-dependent cost-sensitive decisions (2015).

What was declined and has no label may have been either. A value is proposed only if it is better
whether all of them were left out or genuine: what is not known must not speak for declining.

The cost is a sum of parts with the assumptions as factors. So the replicates of the bootstrap keep
the parts, and other assumptions need no archive.
"""

from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from studio.backtest.contract import FRAUD, GENUINE, UNLABELLED
from studio.backtest.verdicts import APPROVED, DECLINED, REVIEW
from studio.optimise.resampling import Floats, Sums

FEWEST: Final = 30
"""Frauds, and genuine transactions, that must be known in the window."""
FEWEST_AFFECTED: Final = 20
"""Labelled decisions that must depend on the value."""
PARTS: Final = 4
"""Fraud's amount approved, genuine declined, reviews, and declined without a label."""
_OUT_OF_BAG: Final = float(np.exp(-1.0))
"""Share of the customers that a replicate leaves out."""


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Money in `currency`; `missed_share` of a missed fraud's amount is lost."""

    missed_share: float = 1.0
    insult: float = 5.0
    review_minutes: float = 10.0
    hourly_cost: float = 12.0
    currency: str = "USD"

    @property
    def review(self) -> float:
        """Of one review."""
        return self.review_minutes / 60.0 * self.hourly_cost

    @property
    def factors(self) -> Floats:
        """Of the parts, in their order. What was declined and has no label costs nothing."""
        return np.array([self.missed_share, self.insult, self.review, 0.0])

    @property
    def worst_factors(self) -> Floats:
        """As if all that is declined and has no label were genuine."""
        return np.array([self.missed_share, self.insult, self.review, self.insult])


class Parts(msgspec.Struct, frozen=True):
    """What decisions under each value come to, in the parts of PARTS.

    `point` has a row for each value; `replicates` and `left_out` one for each replicate and value,
    of decisions that depend on the value alone.
    """

    point: Floats
    replicates: Floats
    left_out: Floats


def parts_of(sums: Sums) -> Parts:
    """The parts out of the sums by pattern."""
    table = sums.table
    whole = _parts(table, sums.numbers, sums.amounts)
    varies = (table != table[:, :1]).any(axis=1)
    drawn = _parts(table[varies], sums.numbers[1:, varies], sums.amounts[1:, varies])
    absent = _parts(
        table[varies], sums.left_out_numbers[1:, varies], sums.left_out_amounts[1:, varies]
    )
    return Parts(whole[0], drawn, absent)


def _parts(table: npt.NDArray[np.uint8], numbers: Floats, amounts: Floats) -> Floats:
    """Replicates x values x PARTS."""
    missed = amounts[:, :, FRAUD] @ (table == APPROVED)
    insults = numbers[:, :, GENUINE] @ (table == DECLINED)
    reviews = numbers.sum(axis=2) @ (table == REVIEW)
    unknown = numbers[:, :, UNLABELLED] @ (table == DECLINED)
    return np.stack([missed, insults, reviews, unknown], axis=2)


class Bounded(msgspec.Struct, frozen=True):
    """A figure with its 95 % bounds."""

    value: float
    low: float
    high: float


Verdict = Literal["too_few", "keep", "unsure", "better"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """The value that would have cost least, and how sure that is.

    `optimum` and `saving` are None without enough labels. `saving` is against the present value, of
    the whole window; `expected` what values chosen on some customers saved with others: the honest
    size of it. `at_edge`: the best value is the first or last that was tried.
    """

    verdict: Verdict
    words: str
    optimum: Bounded | None = None
    saving: Bounded | None = None
    expected: float | None = None
    at_edge: bool = False

    @property
    def value(self) -> float | None:
        """What is proposed; None when nothing is."""
        return self.optimum.value if self.verdict == "better" and self.optimum else None


class Known(msgspec.Struct, frozen=True):
    """What a curve rests on: frauds and genuine transactions known in the window, and how many of
    the labelled decisions depend on the value."""

    fraud: int
    genuine: int
    affected: int


def costs(parts: Floats, assumptions: Assumptions) -> Floats:
    """The last axis summed up."""
    found: Floats = parts @ assumptions.factors
    return found


def propose(
    parts: Parts, values: list[float], current: float, known: Known, assumptions: Assumptions
) -> Proposal:
    """Of several values that cost least the one nearest to the present one."""
    if lack := too_few(known):
        return Proposal(verdict="too_few", words=lack)
    grid = np.array(values)
    here = values.index(current)
    cost = costs(parts.point, assumptions)
    best = _cheapest(cost[np.newaxis], grid, current)[0]
    drawn = costs(parts.replicates, assumptions)
    chosen = _cheapest(drawn, grid, current)
    savings = drawn[:, here] - drawn[:, best]
    absent = costs(parts.left_out, assumptions)
    rows = np.arange(len(chosen))
    expected = float(np.median(absent[:, here] - absent[rows, chosen]) / _OUT_OF_BAG)
    optimum = Bounded(float(grid[best]), *_bounds(grid[chosen]))
    saving = Bounded(float(cost[here] - cost[best]), *_bounds(savings))
    worst = parts.replicates @ assumptions.worst_factors
    at_worst, _ = _bounds(worst[:, here] - worst[:, best])
    verdict, words = _verdict(best == here, saving.low, expected, at_worst)
    return Proposal(
        verdict=verdict,
        words=words,
        optimum=optimum,
        saving=saving,
        expected=expected,
        at_edge=best in (0, len(values) - 1) and best != here,
    )


def _verdict(stays: bool, low: float, expected: float, worst: float) -> tuple[Verdict, str]:
    if stays:
        return "keep", "No other value that was tried would have cost less."
    if low <= 0 or expected <= 0:
        return "unsure", "Another value would have cost less, but the difference may be chance."
    if worst <= 0:
        return "unsure", (
            "Another value would have cost less, unless what it declines without a label was "
            "genuine: too few of those are labelled to tell."
        )
    return "better", "This value would have cost less, beyond what chance explains."


def too_few(known: Known) -> str:
    """What is lacking, as a sentence; empty when there is enough."""
    if known.fraud < FEWEST or known.genuine < FEWEST:
        return (
            f"{known.fraud:,} frauds and {known.genuine:,} genuine transactions are known here; "
            f"{FEWEST} of each are the least to go by."
        )
    if known.affected < FEWEST_AFFECTED:
        return (
            f"{known.affected:,} decisions whose outcome is known depend on this value; "
            f"{FEWEST_AFFECTED} are the least to go by."
        )
    return ""


def _cheapest(cost: Floats, grid: Floats, current: float) -> npt.NDArray[np.int64]:
    """Places of the cheapest value in each row; of equal ones the nearest to the present one."""
    least = cost.min(axis=1, keepdims=True)
    # Sums of the same amounts in another order may differ in their last bits.
    ties = cost <= least + 1e-9 * np.maximum(1.0, np.abs(least))
    far = np.where(ties, np.abs(grid - current), np.inf)
    found: npt.NDArray[np.int64] = far.argmin(axis=1)
    return found


def _bounds(figures: Floats) -> tuple[float, float]:
    low, high = np.percentile(figures, [2.5, 97.5], method="nearest")
    return float(low), float(high)
