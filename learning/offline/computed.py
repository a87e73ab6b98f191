"""The catalogue's computations over columns: the same functions that scoring calls, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import polars as pl

from features.catalogue import CATALOGUE
from features.framework import Feature
from features.types import Type

ROWS_AT_ONCE = 100_000
"""Bounds the memory for Python's numbers."""


def with_computed(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a column for each feature that can be computed from those that it has.

    A value that is there already stays; where it is missing, the computation tells it. Facts that
    computations read may be columns, too (`own_time`). Numbers out of bounds are missing.
    """
    steps = list(_steps(frozenset(frame.columns)))
    shares = [
        _share(frame.slice(first, ROWS_AT_ONCE), steps)
        for first in range(0, max(len(frame), 1), ROWS_AT_ONCE)
    ]
    return pl.concat(shares)


@cache
def _order() -> tuple[Feature, ...]:
    needs = {f.name: (*f.computed_from, *f.optional) for f in CATALOGUE}
    ordered = TopologicalSorter(needs).static_order()
    return tuple(CATALOGUE[name] for name in ordered if name in CATALOGUE)


def _steps(columns: frozenset[str]) -> Iterator[Feature]:
    """Features to compute, in order: none under a second name, and no tally of others."""
    there = set(columns)
    for feature in _order():
        if feature.compute is None or feature.same_as or feature.output:
            continue
        some = not feature.optional or feature.computed_from or there & set(feature.optional)
        if some and there.issuperset(feature.computed_from):
            there.add(feature.name)
            yield feature


def _share(frame: pl.DataFrame, steps: Iterable[Feature]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = frame.to_dict(as_series=False)
    made = {}
    for feature in steps:
        values = _values(feature, columns, len(frame))
        columns[feature.name] = values
        made[feature.name] = pl.Series(feature.name, values, dtype=_dtype(feature), strict=False)
    return frame.with_columns(**made)


def _values(feature: Feature, columns: Mapping[str, list[Any]], rows: int) -> list[Any]:
    nothing = [None] * rows
    given = columns.get(feature.name, nothing)
    names = (*feature.computed_from, *feature.optional)
    inputs = zip(*(columns.get(name, nothing) for name in names), strict=True)
    compute, needed = feature.compute, len(feature.computed_from)
    assert compute is not None  # noqa: S101 - for the type checker; `_steps` has looked
    numeric = feature.type.is_numeric and feature.type is not Type.BOOLEAN
    low, high = feature.bounds
    values = []
    for held, arguments in zip(given, inputs, strict=True):
        value = held
        if value is None and None not in arguments[:needed]:
            try:
                value = compute(*arguments)
            except (ArithmeticError, ValueError):
                value = None
            if numeric and value is not None and not low <= value <= high:
                value = None
        values.append(value)
    return values


def _dtype(feature: Feature) -> pl.DataType:
    if feature.type is Type.BOOLEAN:
        return pl.Boolean()
    if feature.type is Type.STRINGS:
        return pl.List(pl.String())
    return pl.Float64() if feature.type.is_numeric else pl.String()
