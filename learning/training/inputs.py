"""Which columns a model reads, and the matrix of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.types import Type
from learning.errors import BadHistory
from learning.training.trained import MOST_CATEGORIES, Floats, Input

_CALENDAR = frozenset({"day_of_month", "is_salary_time"})
"""Parts of the month: in less than a year they tell one month from another, and no habit."""

_TALLIES = frozenset({"feature_count", "missing_feature_ratio"})
_NEVER = frozenset({"tx_id", "own_time", "occurred_at", "timezone_offset"})
_SAMPLE = 20_000
_ALIKE = 0.99999
_LARGEST = float(np.finfo(np.float32).max)


def choose(frame: pl.DataFrame) -> tuple[Input, ...]:
    """The columns worth reading: that vary, and do not order rows as an earlier column does."""
    made = [one for name in frame.columns if (one := _input(frame[name])) is not None]
    numbers = [one for one in made if one.kind != "category"]
    copies = _copies(frame, [one.name for one in numbers])
    return tuple(one for one in made if one.name not in copies)


def matrix_of(frame: pl.DataFrame, inputs: Sequence[Input]) -> Floats:
    """The frame as these inputs' matrix. Raises BadHistory for a feature that it has no more."""
    gone = [one.name for one in inputs if one.name not in frame.columns]
    if gone:
        raise BadHistory(
            f"The model reads {', '.join(gone[:5])}, which the data no longer have; train it anew."
        )
    matrix = np.full((len(frame), len(inputs)), np.nan, dtype=np.float32)
    for place, one in enumerate(inputs):
        matrix[:, place] = _values(frame[one.name], one)
    return matrix


def _values(column: pl.Series, one: Input) -> Floats:
    if one.kind == "category":
        codes = {value: float(i) for i, value in enumerate(one.categories)}
        numbers = column.replace_strict(codes, default=None, return_dtype=pl.Float64)
    else:
        numbers = column.cast(pl.Float64)
    values = numbers.fill_null(float("nan")).to_numpy().copy()
    values[~(np.abs(values) <= _LARGEST)] = np.nan
    return values.astype(np.float32)


def _input(column: pl.Series) -> Input | None:
    name, dtype = column.name, column.dtype
    feature = CATALOGUE.get(name)
    if name in _NEVER | _CALENDAR | _TALLIES or (feature and feature.type is Type.TIMESTAMP):
        return None
    if column.drop_nulls().n_unique() < 2 and not 0 < column.null_count() < len(column):
        return None
    if dtype == pl.Boolean:
        return Input(name, "flag")
    if dtype.is_numeric():
        return Input(name, "number")
    if dtype == pl.String and column.n_unique() <= MOST_CATEGORIES:
        return Input(name, "category", tuple(sorted(column.drop_nulls().unique().to_list())))
    return None


def _copies(frame: pl.DataFrame, names: list[str]) -> set[str]:
    """Those that order the rows as one before them does: trees see no difference."""
    if not names:
        return set()
    some = frame.select(names).gather_every(max(1, -(-len(frame) // _SAMPLE)))
    ranks = some.select(
        pl.col(name).cast(pl.Float64).fill_nan(None).rank("average").fill_null(-1.0)
        for name in names
    ).to_numpy()
    ranks = ranks - ranks.mean(axis=0)
    norms = np.linalg.norm(ranks, axis=0)
    alike = np.abs(ranks.T @ ranks) / np.maximum(np.outer(norms, norms), 1e-9)
    copies: set[str] = set()
    for later, name in enumerate(names):
        if any(alike[later, e] > _ALIKE and names[e] not in copies for e in range(later)):
            copies.add(name)
    return copies
