"""The window's decisions out of the archive, a portion at a time."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from clients.models import Institution
from intelligence.rates import RateTable, current_rates
from learning.archive import read
from learning.archive.schema import feature_schema, full_schema
from rules.definition import VERTICALS
from scoring.formula import SWITCH
from studio.backtest.contract import Window
from studio.backtest.errors import ArchiveTooOld, Cancelled, NothingToTest
from studio.backtest.verdicts import Floats

BASE: Final = (
    "transaction_id", "occurred_at", "day", "vertical", "currency", "amount", "ml_score", "listed",
    "effect",
)  # fmt: skip
"""Columns that every backtest reads."""

Progress = Callable[[float], object]
Question = Callable[[], bool]


@dataclass
class Reader:
    """Goes through a window, but for decisions that an operator's switch made, `switched` of them.
    `features` are counted where they are missing, in the decisions of `verticals`."""

    window: Window
    columns: Iterable[str]
    features: frozenset[str] = frozenset()
    verticals: Iterable[str] = VERTICALS
    rows: int = 0
    asked: int = 0  # of `verticals`
    switched: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)  # rows of versions without the feature

    def frames(
        self, most: int, *, progress: Progress, cancelled: Question
    ) -> Iterator[pl.DataFrame]:
        """Frames of `most` rows at most, unless a row group is larger; none is empty.

        `progress` is told the share done, `cancelled` asked between. Raises Cancelled,
        ArchiveTooOld, and NothingToTest after the last one if there were no rows at all.
        """
        kept = [name for name in dict.fromkeys([*BASE, *self.columns]) if name in full_schema()]
        window = self.window
        with read.reading():
            portions = read.portions(
                institutions=window.institutions,
                since=window.since,
                until=window.until,
                columns=kept,
                rows=most,
            )
            total = sum(portion.rows for portion in portions) or 1
            done = 0
            for portion in portions:
                if cancelled():
                    raise Cancelled
                frame = self._without_switched(_collected(portion.frame, window.vertical))
                if frame.height:
                    self._note(portion, frame)
                    yield frame
                done += portion.rows
                progress(done / total)
        if not self.rows:
            raise NothingToTest(self._nothing(archived=bool(portions)))

    def _without_switched(self, frame: pl.DataFrame) -> pl.DataFrame:
        by_rules = frame["effect"].ne_missing(SWITCH)
        found = frame.height - int(by_rules.sum())
        self.switched += found
        return frame.filter(by_rules) if found else frame

    def _nothing(self, *, archived: bool) -> str:
        if self.switched:
            return f"An operator's switch made all {self.switched:,} decisions of that time."
        return _nothing(self.window, archived=archived)

    def _note(self, portion: read.Portion, frame: pl.DataFrame) -> None:
        self.rows += frame.height
        if not self.features:
            return
        frame = frame.filter(pl.col("vertical").is_in(list(self.verticals)))
        self.asked += frame.height
        for name in self.features:
            lacking = frame[name].null_count() if name in frame.columns else frame.height
            self.missing[name] = self.missing.get(name, 0) + lacking
            if not any(name in feature_schema(version) for version in portion.versions):
                self.unknown[name] = self.unknown.get(name, 0) + frame.height

    def notes(self) -> Iterator[str]:
        """What is missing and left out, in sentences."""
        if self.switched:
            yield f"{self.switched:,} decisions that an operator's switch made are left out."
        for name in sorted(self.features):
            unknown, missing = self.unknown.get(name, 0), self.missing.get(name, 0)
            if unknown:
                yield (
                    f"{name} did not exist yet when {unknown:,} of {self.asked:,} decisions were "
                    "made; it is missing there."
                )
            elif missing:
                yield (
                    f"{name} is missing in {missing / self.asked:.1%} of the decisions that the "
                    "rule is about."
                )


def _collected(frame: pl.LazyFrame, vertical: str | None) -> pl.DataFrame:
    if vertical is not None:
        frame = frame.filter(pl.col("vertical") == vertical)
    try:
        return frame.collect()
    except (pl.exceptions.ColumnNotFoundError, pl.exceptions.SchemaError) as error:
        raise ArchiveTooOld from error


def _nothing(window: Window, *, archived: bool) -> str:
    if not window.institutions:
        return "You work for no institution whose decisions could be tested on."
    span = f"{window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M} UTC"
    of = f" of the vertical {window.vertical}" if window.vertical else ""
    if archived:
        return f"The archive holds no decisions{of} of these institutions from {span}."
    return (
        f"The archive holds no decisions from {span}. They come into it within minutes; "
        "an older history comes in with manage.py archive export."
    )


def model_scores(frame: pl.DataFrame) -> Floats:
    """NaN where no model took part."""
    return frame["ml_score"].fill_null(float("nan")).to_numpy().astype(np.float64)


class Worth:
    """Amounts in one currency: the institutions' own, or US dollars when they differ."""

    def __init__(self, window: Window) -> None:
        found = Institution.objects.filter(slug__in=window.institutions)
        own = set(found.values_list("base_currency", flat=True))
        self.currency = own.pop() if len(own) == 1 else "USD"
        self.mixed = len(own) > 1
        self.table: RateTable = current_rates()
        self._known: dict[tuple[str, dt.date], float | None] = {}

    def amounts(self, frame: pl.DataFrame) -> Floats:
        """Each row's in that currency, NaN without amount or rate. Reads `amount`, `currency` and
        `day`."""
        keys = ["currency", "day"]
        distinct = frame.select(keys).unique()
        rates = [self.rate(currency, day) for currency, day in distinct.iter_rows()]
        told = distinct.with_columns(pl.Series("rate", rates, dtype=pl.Float64))
        joined = frame.select(*keys, "amount").join(
            told, on=keys, how="left", nulls_equal=True, maintain_order="left"
        )
        worth = (joined["amount"] * joined["rate"]).cast(pl.Float64)
        return worth.fill_null(float("nan")).to_numpy()

    def rate(self, currency: str, day: dt.date) -> float | None:
        """Units of our currency for one of that on that day; None without a rate."""
        key = (currency, day)
        if key not in self._known:
            moment = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
            self._known[key] = self.table.into(self.currency, [currency], moment).get(currency)
        return self._known[key]
