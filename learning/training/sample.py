"""What is learned from: a matrix with its rows' times, and when each row's label became known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learning.errors import BadHistory
from learning.training.trained import Doubles, Floats, Input

Places = npt.NDArray[np.int64]
DAY_SECONDS = 86_400.0
FEWEST_FRAUDS = 10
FEWEST_ROWS = 200
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in order of time. `fraud` is what became known at `known_at` (epoch seconds, infinite
    where no label ever came); a row without a label passes for genuine once it is older than
    `maturity` seconds."""

    inputs: tuple[Input, ...]
    matrix: Floats
    times: Doubles
    fraud: npt.NDArray[np.int8]
    known_at: Doubles
    maturity: float

    def known(self, moment: float) -> Places:
        """The rows of which is known at this moment whether they were fraud.

        Where most genuine ones are never told of, only rows older than the maturity: of younger
        ones frauds alone would be known, and the newest days would look full of them.
        """
        before = int(np.searchsorted(self.times, moment, side="left"))
        told = self.known_at[:before] <= moment
        old = int(np.searchsorted(self.times[:before], moment - self.maturity, side="right"))
        if old and told[:old].mean() < _MOST:
            return np.arange(old)
        return np.union1d(np.arange(old), np.flatnonzero(told))

    def verdicts(self, rows: Places, moment: float) -> npt.NDArray[np.float32]:
        """Whether these rows were known to be fraud at this moment."""
        told = (self.known_at[rows] <= moment) & (self.fraud[rows] == 1)
        return np.asarray(told, dtype=np.float32)

    def between(self, start: float, end: float) -> Places:
        first, last = np.searchsorted(self.times, [start, end], side="left")
        return np.arange(first, last)


def thinned(rows: Places, most: int) -> Places:
    """At most so many of the rows, evenly spread over all of them.

    >>> thinned(np.arange(7), 3)
    array([0, 3, 6])
    """
    return rows[:: max(1, -(-len(rows) // most))]


def maturity_of(times: Doubles, known_at: Doubles, fraud: npt.NDArray[np.int8]) -> float:
    """Seconds within which 95 of 100 known frauds were reported, in whole days; at least one."""
    told = (fraud == 1) & np.isfinite(known_at)
    if not told.any():
        return DAY_SECONDS
    late = float(np.quantile(known_at[told] - times[told], 0.95))
    # Times are binary fractions: three days and a millionth of a second are three days.
    return max(1.0, float(np.ceil(late / DAY_SECONDS - 1e-6))) * DAY_SECONDS


def check_rows(rows: int) -> None:
    """Raises BadHistory when there are too few to learn from."""
    if rows < FEWEST_ROWS:
        raise BadHistory(
            f"There are only {rows} transactions; a model needs {FEWEST_ROWS} or more."
        )


def check(sample: Sample, moment: float) -> None:
    """Raises BadHistory when nothing can be learned from what is known at this moment."""
    rows = sample.known(moment)
    check_rows(len(sample.times))
    if not len(rows) or not np.isfinite(sample.known_at).any():
        raise BadHistory(
            "No label is known: record outcomes (chargebacks, reviews) or import labels first."
        )
    frauds = int(sample.verdicts(rows, moment).sum())
    if frauds == len(rows):
        raise BadHistory("Every labelled transaction is a fraud; genuine ones are needed as well.")
    if frauds < FEWEST_FRAUDS:
        young = int(sample.verdicts(np.arange(len(sample.times)), moment).sum()) - frauds
        wait = f" {young} more are younger than the {sample.maturity / DAY_SECONDS:g} days that "
        raise BadHistory(
            f"Only {frauds} frauds are known by then; a model needs {FEWEST_FRAUDS} or more."
            f"{f'{wait}labels take to come.' if young else ''}"
        )
    if not sample.inputs:
        raise BadHistory(
            "Every feature is missing or the same in all rows; there is nothing to learn."
        )
