"""The curve of a target: what each value would have decided, in one pass over the archive.

Counted are decisions older than the window's maturity. Fraud and genuine are the labels' word; what
has no label counts as genuine where it was approved (nobody complained), and is left out of
precision and cost where it was held or declined: nobody can know.
"""

import datetime as dt
from collections.abc import Callable
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl

from studio.backtest.contract import FRAUD, GENUINE, TRUTHS, UNLABELLED, Window
from studio.backtest.engine import surrounded
from studio.backtest.errors import NothingToTest
from studio.backtest.notes import late_history
from studio.backtest.reading import Reader, Worth
from studio.backtest.swap import stored_statuses
from studio.backtest.truths import Truths, read_truths
from studio.backtest.verdicts import APPROVED, DECLINED, REVIEW, Bytes
from studio.optimise.costs import Known, Parts, parts_of
from studio.optimise.curves_shape import Curve, Step
from studio.optimise.resampling import Floats, Keys, Sums
from studio.optimise.steps import Steps
from studio.optimise.targets import Ladder

_ALWAYS: Final = (
    "All else is as it was decided then; that people behave otherwise under another value is not "
    "simulated."
)
ROWS: Final = 200_000
"""In memory at once."""


def compute(
    ladder: Ladder,
    window: Window,
    *,
    progress: Callable[[float], object],
    cancelled: Callable[[], bool],
) -> tuple[Curve, Parts]:
    """Raises NothingToTest, BadEdit, ArchiveTooOld, Cancelled."""
    begun = perf_counter()
    steps = Steps(ladder)
    counted = _Counted(ladder, steps, Worth(window), read_truths(window))
    reader = Reader(window, steps.columns)
    for frame in reader.frames(ROWS, progress=progress, cancelled=cancelled):
        mine = frame.filter(steps.applies(pl.col("vertical")))
        if mine.height:
            counted.add(mine)
    if not counted.rows:
        raise NothingToTest("The window holds no decision that this value is about.")
    return counted.curve(window, perf_counter() - begun), parts_of(counted.sums)


class _Counted:
    """What was counted so far."""

    def __init__(self, ladder: Ladder, steps: Steps, worth: Worth, truths: Truths) -> None:
        self.ladder, self.steps, self.worth, self.truths = ladder, steps, worth, truths
        self.sums = Sums(len(ladder.values))
        self.matched = np.zeros((len(ladder.values), len(TRUTHS)), np.int64)
        self.rows = self.silent = self.unrated = 0
        self.first = dt.date.max

    def add(self, frame: pl.DataFrame) -> None:
        frame = surrounded(frame, self.steps.programs, self.worth)
        stored = stored_statuses(frame)
        truth = self._truth(frame, stored)
        amounts = self._amounts(frame)
        tried = self.steps.try_all(frame)
        rows = tried.rows
        self.sums.add(tried.statuses, truth[rows], amounts[rows], customers_of(frame)[rows])
        rest = np.ones(frame.height, np.bool_)
        rest[rows] = False
        self.sums.add_constant(stored[rest], truth[rest], amounts[rest])
        for place, hits in enumerate(tried.matched):
            self.matched[place] += np.bincount(truth[hits], minlength=len(TRUTHS))
        self.rows += frame.height
        self.first = min(self.first, *frame["day"].unique())

    def _truth(self, frame: pl.DataFrame, stored: Bytes) -> Bytes:
        truth = self.truths.of(frame)
        silent = (truth == UNLABELLED) & (stored == APPROVED)
        self.silent += int(silent.sum())
        truth[silent] = GENUINE
        return truth

    def _amounts(self, frame: pl.DataFrame) -> Floats:
        """In the curve's currency; 0 where there is no rate."""
        worth = self.worth.amounts(frame)
        self.unrated += int(np.isnan(worth).sum())
        known: Floats = np.nan_to_num(worth)
        return known

    def curve(self, window: Window, seconds: float) -> Curve:
        table = self.sums.table
        known = self._known(table)
        return Curve(
            title=self.ladder.title,
            unit=self.ladder.unit,
            current=self.ladder.current,
            currency=self.worth.currency,
            days=window.days_from(self.first),
            steps=tuple(self._step(place, table) for place in range(len(self.ladder.values))),
            known=known,
            notes=tuple(self._notes(window)),
            rows=self.rows,
            seconds=round(seconds, 3),
        )

    def _step(self, place: int, table: Bytes) -> Step:
        numbers, amounts = self.sums.numbers[0], self.sums.amounts[0]
        by_status = [table[:, place] == status for status in (APPROVED, REVIEW, DECLINED)]
        return Step(
            value=self.ladder.values[place],
            numbers=tuple(tuple(int(n) for n in numbers[one].sum(axis=0)) for one in by_status),
            amounts=tuple(
                tuple(round(float(n), 2) for n in amounts[one].sum(axis=0)) for one in by_status
            ),
            matched=tuple(int(n) for n in self.matched[place]) if self.steps.sides else (),
        )

    def _known(self, table: Bytes) -> Known:
        numbers = self.sums.numbers[0]
        varies = (table != table[:, :1]).any(axis=1)
        return Known(
            fraud=int(numbers[:, FRAUD].sum()),
            genuine=int(numbers[:, GENUINE].sum()),
            affected=int(numbers[varies][:, (FRAUD, GENUINE)].sum()),
        )

    def _notes(self, window: Window) -> list[str]:
        found = [_ALWAYS]
        if self.silent:
            found.append(
                f"{self.silent:,} of {self.rows:,} decisions have no label, were approved and "
                "count as genuine. What was held or declined without a label counts in reviews "
                "alone."
            )
        if self.unrated:
            found.append(f"{self.unrated:,} amounts count as 0, for want of an exchange rate.")
        found += late_history(window, self.first)
        if self.worth.mixed:
            found.append(
                f"The institutions keep different currencies; amounts are in {self.worth.currency}."
            )
        return found


def customers_of(frame: pl.DataFrame) -> Keys:
    """A number for each customer, from the keyed hash of its identifier; a transaction without
    customer is one by itself. Reads `user_id` and `transaction_id`."""
    text = pl.coalesce(
        pl.col("user_id").str.slice(0, 15),
        pl.col("transaction_id").str.replace_all("-", "").str.slice(-15),
    )
    found = frame.select(text.str.to_integer(base=16, dtype=pl.Int64, strict=True)).to_series()
    return found.to_numpy().astype(np.uint64)
