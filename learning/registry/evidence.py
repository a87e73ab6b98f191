"""What two models said of the same labelled transactions, from the archive."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from django.utils import timezone as clock

from intelligence.rates import current_rates
from learning.registry.paired import Flags, Numbers, Sample

if TYPE_CHECKING:
    import polars as pl

DAYS: Final = 90
_COLUMNS: Final = (
    "occurred_at",
    "amount",
    "currency",
    "model_version",
    "ml_score",
    "ml_probability",
    "inputs",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """In the order of time; amounts in US dollars at today's rates."""

    champion: Sample
    challenger: Sample
    fraud: Flags
    amount: Numbers


def evidence_on(champion: str, challenger: str, *, days: int = DAYS) -> Evidence:
    """Of the last `days`: transactions with a label by now, that both models scored, one deciding
    and the other beside it. Reads the archive; two queries."""
    # Late: Polars must not start its threads in the worker's parent process, which forks.
    import polars as pl

    from learning.archive import read

    now = clock.now()
    with read.reading():
        rows = (
            read.scan(since=now - dt.timedelta(days=days), columns=_COLUMNS, known_by=now)
            .filter(pl.col("label_is_fraud").is_not_null())
            .filter(pl.col("model_version").is_in([champion, challenger]))
            .sort("occurred_at")
            .collect()
        )
    return _paired(rows, champion, challenger)


def _paired(rows: pl.DataFrame, champion: str, challenger: str) -> Evidence:
    said: dict[str, list[tuple[float, float]]] = {champion: [], challenger: []}
    fraud, amount = [], []
    rate = _dollars()
    for row in rows.iter_rows(named=True):
        opinions = _opinions(row)
        if champion not in opinions or challenger not in opinions:
            continue
        for version, found in said.items():
            found.append(opinions[version])
        fraud.append(row["label_is_fraud"])
        amount.append(row["amount"] * rate(row["currency"], row["occurred_at"]))
    return Evidence(
        _sample(said[champion]),
        _sample(said[challenger]),
        np.asarray(fraud, bool),
        np.asarray(amount, float),
    )


def _opinions(row: dict[str, Any]) -> dict[str, tuple[float, float]]:
    beside = json.loads(row["inputs"]).get("beside", ())
    found = {one["model"]: (one["ml_score"], one["ml_probability"]) for one in beside}
    found[row["model_version"]] = (row["ml_score"], row["ml_probability"])
    return found


def _sample(said: list[tuple[float, float]]) -> Sample:
    both = np.asarray(said, float).reshape(-1, 2)
    return Sample(both[:, 0], both[:, 1])


def _dollars() -> Any:
    """A function from currency and time to dollars for one unit; 0 where no rate is known."""
    rates = current_rates()

    def rate(currency: str, at: float) -> float:
        return rates.into("USD", (currency,), at).get(currency, 0.0)

    return rate
