"""A vector as the row of numbers that a model reads."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from math import nan
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue import CATALOGUE
from features.framework import Catalogue, Value
from features.types import Type
from scoring.detectors.errors import ForeignArtefact
from scoring.detectors.manifest import Column

Floats = npt.NDArray[np.float32]


class RowMaker:
    """Picks a model's columns out of vectors. What is missing, unseen or too large is NaN."""

    def __init__(self, columns: Sequence[Column], catalogue: Catalogue = CATALOGUE) -> None:
        """Raises ForeignArtefact for columns that the catalogue does not have."""
        _check(columns, catalogue)
        self.width = len(columns)
        self._fetch = _fetcher([catalogue.index[column.name] for column in columns])
        self._categories = tuple(
            (place, {name: float(i) for i, name in enumerate(column.categories)})
            for place, column in enumerate(columns)
            if column.kind == "category"
        )

    def row(self, values: Sequence[Value | None]) -> Floats:
        """One row of shape (1, columns)."""
        picked: list[Any] = [nan if value is None else value for value in self._fetch(values)]
        for place, codes in self._categories:
            picked[place] = codes.get(picked[place], nan)
        # An array of Python's is made of a list in half the time that numpy takes.
        row: Floats = np.frombuffer(array("f", picked), dtype=np.float32).reshape(1, self.width)
        if np.isinf(row).any():  # beyond float32
            row[np.isinf(row)] = nan
        return row


def _fetcher(positions: list[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(positions) == 1:
        return lambda values: (values[positions[0]],)
    return itemgetter(*positions)


def _check(columns: Sequence[Column], catalogue: Catalogue) -> None:
    types: Mapping[str, Type] = {feature.name: feature.type for feature in catalogue}
    gone = [column.name for column in columns if column.name not in types]
    if gone:
        raise ForeignArtefact(
            f"The model reads {', '.join(gone[:5])}, which the feature catalogue does not have: "
            "train anew."
        )
    for column in columns:
        numeric = types[column.name].is_numeric
        if numeric == (column.kind == "category"):
            raise ForeignArtefact(
                f"The model reads {column.name} as a {column.kind}, but the feature is a "
                f"{types[column.name]} now: train anew."
            )
