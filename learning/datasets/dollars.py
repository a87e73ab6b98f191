"""Amounts of several currencies in one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from intelligence.rates import current_rates

COLUMNS = ("amount", "currency", "occurred_at")
_DAY_SECONDS = 86_400.0


def in_dollars(rows: pl.DataFrame) -> npt.NDArray[np.float64]:
    """The rows' amounts at the rates of their days; 0 where none is known. One query at most."""
    rates = current_rates()
    asked = rows.select(
        amount=pl.col("amount").fill_null(0.0),
        currency=pl.col("currency").cast(pl.String).fill_null(""),
        day=(pl.col("occurred_at") / _DAY_SECONDS).floor(),
    )
    known = asked.select("currency", "day").unique()
    each = [
        rates.into("USD", (currency,), day * _DAY_SECONDS).get(currency, 0.0)
        for currency, day in known.iter_rows()
    ]
    table = known.with_columns(rate=pl.Series(each, dtype=pl.Float64))
    found = asked.join(table, on=("currency", "day"), how="left", maintain_order="left")
    return (found["amount"] * found["rate"]).to_numpy().astype(np.float64)
