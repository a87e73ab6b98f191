"""The events of one kind of entity: entity by entity, each in order of arrival."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import polars as pl

from features.windows.declaring import Window

PAIRS_AT_ONCE = 4_000_000
"""Bounds the memory for late events; each pair takes some tens of bytes."""


class Timeline:
    """Rows stand entity by entity, each in order of arrival; a row's place in it is its position.

    `entity` numbers the entity, `moment` is the rank of the time among all times that occur
    (`moments`, from 1), so that an entity and a time can be compared as one whole number.
    """

    def __init__(
        self, events: pl.DataFrame, entities: pl.Series, members: Mapping[str, pl.Series]
    ) -> None:
        """`events` have an ``arrival``; those whose entity is null take no part. `members` are
        numbers, by the members' name and arrival."""
        self._members = members
        self._ranks: dict[Window, pl.Series] = {}
        rows = events.with_columns(entities.alias("entity")).filter(pl.col("entity").is_not_null())
        self.rows = rows.sort("entity", maintain_order=True)
        self.entity = self.rows["entity"]
        self.times = self.rows["occurred_at"]
        self.moments = self.times.unique().sort()
        self.moment = self.times.rank("dense").cast(pl.Int64)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def positions(self) -> pl.Series:
        return pl.int_range(len(self), eager=True)

    @cached_property
    def first(self) -> pl.Series:
        """The position of the entity's first event."""
        begins = pl.col("entity").ne_missing(pl.col("entity").shift())
        frame = pl.DataFrame({"entity": self.entity, "position": self.positions})
        return frame.select(pl.when(begins).then("position").forward_fill()).to_series()

    def members(self, name: str) -> pl.Series:
        """The number of each event's member; null where it is not known."""
        if name in self._members:
            return self._members[name].gather(self.rows["arrival"])
        return pl.repeat(None, len(self), dtype=pl.Int64, eager=True)

    def rank_before(self, window: Window) -> pl.Series:
        """The rank of the last moment before each event's window; 0 where there is none."""
        if window not in self._ranks:
            ranks = self.moments.search_sorted(self.times - window.seconds, side="right")
            self._ranks[window] = ranks.cast(pl.Int64)
        return self._ranks[window]

    def key(self, moment: pl.Series) -> pl.Series:
        """Entity and rank of a moment (0 and more) as one number, in order of both."""
        return self.entity * (len(self.moments) + 1) + moment

    def key_of(self) -> pl.Expr:
        """The same of a frame's columns."""
        return pl.col("entity") * (len(self.moments) + 1) + pl.col("moment")

    @cached_property
    def _late(self) -> pl.DataFrame:
        """The late events (`late`: position), each with where those that it is behind stand in
        order of the time (`begin`, `end`), and a number for those that are handled together."""
        own = self.key(self.moment)
        # The running maximum is the entity's own: the keys of the next begin above it.
        frame = pl.DataFrame({"late": self.positions, "own": own, "newest": own.cum_max()})
        frame = frame.filter(pl.col("own") < pl.col("newest"))
        keys = self._by_time["key"]
        return frame.select(
            "late",
            begin=keys.search_sorted(frame["own"], side="right").cast(pl.Int64),
            end=keys.search_sorted(frame["newest"], side="right").cast(pl.Int64),
        ).with_columns(
            slice=(pl.col("end") - pl.col("begin")).cum_sum() // PAIRS_AT_ONCE,
        )

    @cached_property
    def _by_time(self) -> pl.DataFrame:
        frame = pl.DataFrame({"key": self.key(self.moment), "position": self.positions})
        return frame.sort("key", maintain_order=True)

    @cached_property
    def _only_pairs(self) -> pl.DataFrame:
        return self._pairs_of(self._late)

    def pairs(self) -> Iterator[pl.DataFrame]:
        """Every late event with each event of its entity that came before it and happened after it
        (`late` and `ahead`: positions), some millions at a time."""
        slices = self._late["slice"].unique().sort()
        if len(slices) == 1:
            yield self._only_pairs
            return
        for number in slices:
            yield self._pairs_of(self._late.filter(pl.col("slice") == number))

    def _pairs_of(self, late: pl.DataFrame) -> pl.DataFrame:
        spread = late.select("late", place=pl.int_ranges("begin", "end")).explode("place")
        ahead = self._by_time["position"].gather(spread["place"])
        return spread.select("late", ahead=ahead).filter(pl.col("ahead") < pl.col("late"))


def changed(values: pl.Series, changes: pl.DataFrame) -> pl.Series:
    """The values with all changes (`position`, `change`) added to them."""
    if changes.is_empty():
        return values
    by_position = changes.group_by("position").agg(pl.col("change").sum())
    frame = pl.DataFrame({"value": values}).with_row_index("position")
    frame = frame.with_columns(pl.col("position").cast(pl.Int64))
    joined = frame.join(by_position, on="position", how="left", maintain_order="left")
    return joined.select(pl.col("value") + pl.col("change").fill_null(0)).to_series()


def quotient(values: pl.Series, divisor: float) -> pl.Series:
    """The values divided as Python divides them. By a plain number Polars multiplies with the
    reciprocal, which may give the neighbouring float."""
    return values.cast(pl.Float64) / pl.repeat(float(divisor), len(values), eager=True)
