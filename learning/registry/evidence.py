"""What two models said of the same transactions whose outcome is known, from the archive."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils import timezone as clock

from learning.registry.paired import Customers, Flags, Numbers, Opinions

if TYPE_CHECKING:
    import polars as pl

DAYS: Final = 90
MOST_ROWS: Final = 200_000
"""The newest; the bootstrap takes seconds with so many."""

_COLUMNS: Final = (
    "institution",
    "user_id",
    "occurred_at",
    "status",
    "amount",
    "currency",
    "model_version",
    "ml_score",
    "ml_probability",
    "inputs",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """In the order of time; amounts in US dollars at the rates of their days. `groups` are each
    row's group by the columns of TRAINING_FAIRNESS_GROUPS."""

    champion: Opinions
    challenger: Opinions
    fraud: Flags
    amount: Numbers
    customer: Customers
    groups: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


def evidence_on(
    champion: str, challenger: str, *, maturity: dt.timedelta, days: int = DAYS
) -> Evidence:
    """Of the last `days`, but those younger than the maturity: transactions that both models
    scored, one deciding and the other beside it. What was let through and never labelled passes for
    genuine, so that both are judged on natural traffic; declined and never labelled is left out.

    Reads the archive; two queries.
    """
    # Late: Polars must not start its threads in the worker's parent process, which forks.
    import polars as pl

    from learning.archive import read
    from learning.archive.schema import full_schema

    groups = [
        name
        for name in settings.TRAINING_FAIRNESS_GROUPS
        if name in full_schema() and not isinstance(full_schema()[name], pl.List)
    ]
    now = clock.now()
    with read.reading():
        rows = (
            read.scan(
                since=now - dt.timedelta(days=days),
                until=now - maturity,  # of younger ones frauds alone are known
                columns=list(dict.fromkeys([*_COLUMNS, *groups])),
                known_by=now,
            )
            .filter(pl.col("label_is_fraud").is_not_null() | (pl.col("status") != "declined"))
            .filter(_beside(champion, challenger) | _beside(challenger, champion))
            .sort("occurred_at")
            .tail(MOST_ROWS)
            .collect(engine="streaming")
        )
    return _paired(rows, champion, challenger, groups)


def _beside(deciding: str, other: str) -> pl.Expr:
    """Whether it was decided by one, and the other's name stands with it."""
    import polars as pl

    named = pl.col("inputs").str.contains(json.dumps(other), literal=True)
    return (pl.col("model_version") == deciding) & named


def _paired(rows: pl.DataFrame, champion: str, challenger: str, groups: Sequence[str]) -> Evidence:
    from learning.datasets.archived import group_names
    from learning.datasets.customers import customers_of
    from learning.datasets.dollars import in_dollars

    said: dict[str, list[tuple[float, float]]] = {champion: [], challenger: []}
    kept, fraud = [], []
    for place, row in enumerate(rows.iter_rows(named=True)):
        opinions = _opinions(row)
        if champion not in opinions or challenger not in opinions:
            continue
        for version, found in said.items():
            found.append(opinions[version])
        kept.append(place)
        fraud.append(bool(row["label_is_fraud"]))
    paired = rows[kept]
    return Evidence(
        _as_opinions(said[champion]),
        _as_opinions(said[challenger]),
        np.asarray(fraud, bool),
        in_dollars(paired),
        customers_of(paired),
        {name: group_names(paired[name]) for name in groups},
    )


def _opinions(row: dict[str, Any]) -> dict[str, tuple[float, float]]:
    beside = json.loads(row["inputs"]).get("beside", ())
    found = {one["model"]: (one["ml_score"], one["ml_probability"]) for one in beside}
    found[row["model_version"]] = (row["ml_score"], row["ml_probability"])
    return found


def _as_opinions(said: list[tuple[float, float]]) -> Opinions:
    both = np.asarray(said, float).reshape(-1, 2)
    return Opinions(both[:, 0], both[:, 1])
