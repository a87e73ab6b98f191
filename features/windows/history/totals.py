"""Counts and sums: differences of running totals over buckets.

An event's total is that of all buckets up to its own, in its own only of what came before it, less
that of all buckets before the window. So far it holds what happened in the window but was recorded
later, too: that is taken away pair by pair.
"""

from collections.abc import Sequence
from functools import cached_property

import polars as pl

from features.windows.declaring import BUCKETS, Window
from features.windows.history.timeline import Timeline, changed, quotient
from features.windows.plan import Ring

UNITS = 10_000.0
"""Parts of a currency's unit in which amounts are added up: whole numbers add without error."""


def totals(line: Timeline, rings: Sequence[Ring], complete_since: float | None) -> list[pl.Series]:
    """For each ring its count, and its sum where it is summed, by position."""
    buckets = {window: _Buckets(line, window) for window in {ring.window for ring in rings}}
    answers = []
    for ring in rings:
        order = buckets[ring.window]
        for summed in (False, True) if ring.summed else (False,):
            total = order.total(_weights(line, ring, summed=summed), own=not ring.is_outcome)
            number = quotient(total, UNITS) if summed else total.cast(pl.Float64)
            answers.append(order.where_complete(number, complete_since))
    return answers


def _weights(line: Timeline, ring: Ring, *, summed: bool) -> pl.Series:
    """What each event adds: nothing where the ring's condition does not hold."""
    units = (pl.col("base_amount") * UNITS).round(mode="half_to_even").fill_null(0)
    condition = pl.col(ring.where) if ring.where else pl.lit(value=True)
    weight = pl.when(condition).then(units if summed else 1).otherwise(0)
    return line.rows.with_columns(weight=weight.cast(pl.Int64))["weight"]


class _Buckets:
    """The events of a timeline by bucket of one length."""

    def __init__(self, line: Timeline, window: Window) -> None:
        self.line = line
        self.seconds = window.bucket_seconds
        self.bucket = quotient(line.times, self.seconds).floor().cast(pl.Int64)
        # Room before the first bucket keeps what lies before a window apart from other entities.
        place = pl.col("bucket") - pl.col("bucket").min() + BUCKETS
        keys = pl.DataFrame({"entity": line.entity, "bucket": self.bucket}).select(
            key=pl.col("entity") * (place.max() + 1) + place, position=line.positions
        )
        self.keys = keys.sort("key", maintain_order=True)
        key = self.keys["key"]
        self.before = key.search_sorted(key - BUCKETS, side="right")

    def total(self, weights: pl.Series, *, own: bool) -> pl.Series:
        """What the weights add up to in each event's window, by position; without its own weight
        where that is not known yet."""
        weight = weights.gather(self.keys["position"])
        running = weight.cum_sum()
        earlier = pl.concat([pl.Series([0], dtype=pl.Int64), running]).gather(self.before)
        total = (running - earlier if own else running - weight - earlier).gather(self._back)
        for pairs in self.line.pairs():
            unseen = self._unseen(pairs)
            change = -weights.gather(unseen["late"])
            total = changed(total, unseen.select(position="ahead", change=change))
        return total

    @cached_property
    def _back(self) -> pl.Series:
        """Where each position stands in order of the buckets."""
        return self.keys["position"].arg_sort()

    def _unseen(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Those of the pairs in which the late event lies in the window of the one ahead, but not
        in its bucket."""
        behind = self.bucket.gather(pairs["ahead"]) - self.bucket.gather(pairs["late"])
        return pairs.filter((behind > 0) & (behind < BUCKETS))

    def where_complete(self, values: pl.Series, complete_since: float | None) -> pl.Series:
        """Null where the window begins earlier than the events are complete."""
        if complete_since is None:
            return values
        begins = (self.bucket - (BUCKETS - 1)) * self.seconds
        return values.set(begins < complete_since, None)
