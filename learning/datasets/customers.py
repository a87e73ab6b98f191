"""Whose transactions rows are: those of one customer resemble each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

COLUMNS = ("institution", "user_id")


def customers_of(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    """A number for each row's customer, counted from 0, by the hash of the customer's number; a row
    without one stands for itself."""
    alone = pl.int_range(pl.len()).cast(pl.String)
    who = rows.select(
        pl.struct("institution", user=pl.coalesce("user_id", pl.format("row {}", alone)))
        .rank("dense")
        .cast(pl.Int64)
    ).to_series()
    return who.to_numpy() - 1
