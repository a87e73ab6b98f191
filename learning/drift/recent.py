"""The traffic of the last days as a model's matrix, with what it said of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from learning.archive import read
from learning.datasets.customers import COLUMNS as CUSTOMER
from learning.datasets.customers import customers_of
from learning.drift.baseline import Baseline
from learning.training.inputs import matrix_of
from learning.training.trained import Doubles, Floats
from scoring.formula import SWITCH

MOST_ROWS: Final = 50_000
"""The newest: more of them tell nothing new about tenths."""

MOST_JUDGED: Final = 200_000
"""The newest; the bootstrap takes seconds with so many."""

_JUDGED: Final = ("status", "effect", "model_version", "ml_probability")


@dataclass(frozen=True, slots=True)
class Recent:
    """`scores` are of the decisions that the model itself made. `switched` decisions of the time,
    which an operator's switch made, are not among them."""

    matrix: Floats
    scores: Doubles
    switched: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What the model said of decisions, and whether they are known to be fraud by now. `hidden` are
    those that were declined and that nobody labelled, so that what they were is never known."""

    probability: Doubles
    fraud: npt.NDArray[np.bool_]
    hidden: npt.NDArray[np.bool_]
    customer: npt.NDArray[np.int64]


def recent_traffic(
    baseline: Baseline, version: str, *, since: dt.datetime, until: dt.datetime
) -> Recent:
    """Decisions on transactions from `since` to `until`, without those that were declined and never
    labelled: training leaves them out as well; and without those of an operator's switch, which
    lets other ones pass. Two queries."""
    names = [one.name for one in baseline.inputs]
    with read.reading():
        rows = read.scan(
            since=since,
            until=until,
            columns=["occurred_at", "status", "effect", "model_version", "ml_score", *names],
            known_by=until,
        )
        told = pl.col("label_is_fraud").is_not_null()
        by_switch = pl.col("effect").eq_missing(SWITCH)
        switched = rows.filter(by_switch).select(pl.len()).collect(engine="streaming").item()
        rows = rows.filter(~by_switch & (told | (pl.col("status") != "declined")))
        frame = rows.sort("occurred_at").tail(MOST_ROWS).collect(engine="streaming")
    own = frame.filter(pl.col("model_version") == version)["ml_score"].drop_nulls()
    return Recent(matrix_of(frame, baseline.inputs), own.to_numpy().astype(np.float64), switched)


def judged_since(
    version: str, *, since: dt.datetime, until: dt.datetime, maturity: dt.timedelta
) -> Judged:
    """The newest decisions that the model made, older than the maturity at `until`, by what is
    known of them then. Those of an operator's switch are left out. Two queries."""
    with read.reading():
        rows = read.scan(
            since=since,
            until=until - maturity,  # of younger ones frauds alone are known
            columns=[*CUSTOMER, "occurred_at", *_JUDGED],
            known_by=until,
        )
        rows = rows.filter(pl.col("effect").ne_missing(SWITCH))
        rows = rows.filter(
            (pl.col("model_version") == version) & pl.col("ml_probability").is_not_null()
        )
        frame = rows.sort("occurred_at").tail(MOST_JUDGED).collect(engine="streaming")
    told = frame["label_is_fraud"]
    return Judged(
        frame["ml_probability"].to_numpy().astype(np.float64),
        told.fill_null(value=False).to_numpy().astype(bool),
        (told.is_null() & (frame["status"] == "declined")).to_numpy().astype(bool),
        customers_of(frame),
    )
