"""A sample out of the archive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.catalogue import CATALOGUE
from features.types import Type
from learning.archive import read
from learning.archive.schema import full_schema, suggestion
from learning.datasets.dollars import in_dollars
from learning.errors import BadHistory
from learning.training.inputs import choose, matrix_of
from learning.training.sample import DAY_SECONDS, Sample, maturity_of

MOST_ROWS: Final = 1_000_000
"""The newest decisions that are read: with 400 features a million take 4 GB at the most."""

MOST_CHANNELS: Final = 12
"""That a card tells of; clients may name any."""

_SKIPPED = (Type.IDENTIFIER, Type.STRINGS, Type.TIMESTAMP)
_OF_MODELS = frozenset({"anomaly_score"})
_ABOUT = ("transaction_id", "vertical", "status", "occurred_at")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The sample, with what the card wants of each row besides: its amount, all of them in one
    currency; its segments; and its groups, by the column's name."""

    sample: Sample
    amounts: npt.NDArray[np.float64]
    segments: Mapping[str, npt.NDArray[Any]]
    groups: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


def readable_features() -> tuple[str, ...]:
    """Features that a model may read: no identifier, no moment, nothing written afterwards."""
    return tuple(
        f.name
        for f in CATALOGUE
        if f.readable and not f.same_as and f.type not in _SKIPPED and f.name not in _OF_MODELS
    )


def from_archive(
    *,
    known_by: dt.datetime,
    since: dt.datetime | None = None,
    institution: str | None = None,
    maturity_days: float | None = None,
    groups: Sequence[str] = (),
) -> Dataset:
    """Archived decisions up to `known_by`, with their labels as they were known then.

    A declined transaction that nobody labelled is left out: it never showed what it was. Without a
    label, others pass for genuine once they are older than the maturity (by default the delay
    within which 95 of 100 frauds were reported). `groups` are columns of the archive whose values
    are not to be treated differently: texts, flags, or numbers by quarters. Raises BadHistory.
    """
    _check_groups(groups)
    with read.reading():
        rows = read.scan(
            institution=institution,
            since=since,
            until=known_by,
            columns=list(dict.fromkeys([*_ABOUT, *readable_features(), *groups])),
            known_by=known_by,
        )
        told = pl.col("label_is_fraud").is_not_null()
        rows = rows.filter(told | (pl.col("status") != "declined"))
        frame = rows.sort("occurred_at").tail(MOST_ROWS).collect(engine="streaming")
    if frame.is_empty():
        whose, check = (f"{institution} at ", "check the slug, or ") if institution else ("", "")
        raise BadHistory(
            f"The archive holds no decisions of {whose}that time; {check}run "
            "manage.py archive export first."
        )
    frame = frame.unique("transaction_id", keep="last", maintain_order=True)
    return _dataset(frame, maturity_days, groups)


def _check_groups(groups: Sequence[str]) -> None:
    for name in groups:
        kind = full_schema().get(name)
        if kind is None:
            close = suggestion(name)
            hint = f"; did you mean {close}?" if close else "; leave it out."
            raise BadHistory(f"TRAINING_FAIRNESS_GROUPS names {name}, which no decision has{hint}")
        if isinstance(kind, pl.List):
            raise BadHistory(f"TRAINING_FAIRNESS_GROUPS names {name}, which has several values.")


def group_names(column: pl.Series) -> npt.NDArray[Any]:
    """A name for each row's group."""
    if column.dtype.is_numeric():
        known = column.drop_nulls().drop_nans()
        cuts = sorted(
            {float(known.quantile(q) or 0.0) for q in (0.25, 0.5, 0.75)} if len(known) else ()
        )
        column = column.cast(pl.Float64).cut(cuts).cast(pl.String) if cuts else column
    return column.cast(pl.String).fill_null("not known").to_numpy()


def _dataset(
    frame: pl.DataFrame, maturity_days: float | None, groups: Sequence[str] = ()
) -> Dataset:
    features = frame.select(readable_features())
    inputs = choose(features)
    times = frame["occurred_at"].to_numpy().astype(np.float64)
    fraud = frame["label_is_fraud"].fill_null(value=False).to_numpy().astype(np.int8)
    known_at = frame["label_known_at"].dt.timestamp("us").cast(pl.Float64) / 1e6
    # Nothing is known of what has not happened, whatever a clock said.
    known = np.maximum(known_at.fill_null(float("inf")).to_numpy().astype(np.float64), times)
    maturity = (
        maturity_of(times, known, fraud) if maturity_days is None else maturity_days * DAY_SECONDS
    )
    sample = Sample(inputs, matrix_of(features, inputs), times, fraud, known, maturity)
    fair = {name: group_names(frame[name]) for name in groups}
    return Dataset(sample, _amounts(frame), _segments(frame), fair)


def _amounts(frame: pl.DataFrame) -> npt.NDArray[np.float64]:
    """In dollars where there are several currencies; one needs no rate."""
    if frame["currency"].n_unique() > 1:
        return in_dollars(frame)
    return frame["amount"].fill_null(0.0).to_numpy().astype(np.float64)


def _segments(frame: pl.DataFrame) -> dict[str, npt.NDArray[Any]]:
    """By vertical, and by the most used channels where there are several."""
    found = {"vertical": frame["vertical"].to_numpy()}
    channel = frame["transaction_channel"].cast(pl.String)
    if channel.n_unique() > 1:
        counts = channel.drop_nulls().value_counts(sort=True)
        usual = counts["transaction_channel"].head(MOST_CHANNELS)
        others = pl.when(channel.is_in(usual.to_list()) | channel.is_null()).then(channel)
        found["channel"] = group_names(pl.select(others.otherwise(pl.lit("others"))).to_series())
    return found
