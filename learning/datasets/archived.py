"""A sample out of the archive."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.catalogue import CATALOGUE
from features.types import Type
from learning.archive import read
from learning.errors import BadHistory
from learning.training.inputs import choose, matrix_of
from learning.training.sample import DAY_SECONDS, Sample, maturity_of

MOST_ROWS: Final = 1_000_000
"""The newest decisions that are read: with 400 features a million take 4 GB at the most."""

_SKIPPED = (Type.IDENTIFIER, Type.STRINGS, Type.TIMESTAMP)
_OF_MODELS = frozenset({"anomaly_score"})
_ABOUT = ("transaction_id", "vertical", "status", "occurred_at")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The sample, with each row's amount and vertical for the card."""

    sample: Sample
    amounts: npt.NDArray[np.float64]
    verticals: npt.NDArray[Any]


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
) -> Dataset:
    """Archived decisions up to `known_by`, with their labels as they were known then.

    A declined transaction that nobody labelled is left out: it never showed what it was. Without a
    label, others pass for genuine once they are older than the maturity (by default the delay
    within which 95 of 100 frauds were reported). Raises BadHistory.
    """
    with read.reading():
        rows = read.scan(
            institution=institution,
            since=since,
            until=known_by,
            columns=[*_ABOUT, *readable_features()],
            known_by=known_by,
        )
        told = pl.col("label_is_fraud").is_not_null()
        rows = rows.filter(told | (pl.col("status") != "declined"))
        frame = rows.sort("occurred_at").tail(MOST_ROWS).collect(engine="streaming")
    if frame.is_empty():
        raise BadHistory(
            "The archive holds no decisions of that time; run manage.py archive export first."
        )
    return _dataset(frame, maturity_days)


def _dataset(frame: pl.DataFrame, maturity_days: float | None) -> Dataset:
    features = frame.select(readable_features())
    inputs = choose(features)
    times = frame["occurred_at"].to_numpy().astype(np.float64)
    fraud = frame["label_is_fraud"].fill_null(value=False).to_numpy().astype(np.int8)
    known_at = frame["label_known_at"].dt.timestamp("us").cast(pl.Float64) / 1e6
    known = known_at.fill_null(float("inf")).to_numpy().astype(np.float64)
    maturity = (
        maturity_of(times, known, fraud) if maturity_days is None else maturity_days * DAY_SECONDS
    )
    sample = Sample(inputs, matrix_of(features, inputs), times, fraud, known, maturity)
    amounts = frame["amount"].fill_null(0.0).to_numpy().astype(np.float64)
    return Dataset(sample, amounts, frame["vertical"].to_numpy())
