"""What training makes: a model as plain data, before it becomes files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.ensemble import IsolationForest
    from xgboost import Booster

Kind = Literal["number", "flag", "category"]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

MOST_CATEGORIES = 64


@dataclass(frozen=True, slots=True)
class Input:
    """One column of the matrix. Missing is NaN, a flag is 0 or 1, a category is the place of its
    value among `categories` (NaN for one that training never saw)."""

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Knots:
    """A monotone function: straight lines between the points, flat outside. `x` rises strictly."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.x, self.x[1:], strict=False))
        climbing = all(a <= b for a, b in zip(self.y, self.y[1:], strict=False))
        if not self.x or len(self.x) != len(self.y) or not rising or not climbing:
            raise ValueError("knots must rise in x and not fall in y")

    def __call__(self, values: npt.ArrayLike) -> Doubles:
        return np.interp(np.asarray(values, dtype=np.float64), self.x, self.y)


@dataclass(frozen=True, slots=True)
class Forest:
    """An isolation forest over the columns `columns` of the matrix (numbers and flags), in which
    `fills` stand for missing values.

    `score` maps the forest's own figure (`-score_samples`, higher is stranger) to 0..100 by how
    much genuine traffic is as strange, on the scale of `Trained.alignment`.
    """

    columns: tuple[int, ...]
    fills: tuple[float, ...]
    forest: IsolationForest
    score: Knots

    def strangeness(self, matrix: Floats) -> Doubles:
        chosen = matrix[:, self.columns]
        filled = np.where(np.isnan(chosen), np.asarray(self.fills, np.float32), chosen)
        return -np.asarray(self.forest.score_samples(filled), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Trained:
    """`features` in the order of the matrix's columns; all float32.

    A row's margin is the mean of the boosters' margins; `calibration` makes it a probability,
    `alignment` an `ml_score` of 0..100 (docs/models.md). `facts` is what JSON can hold:
    catalogue_version, rows, period, label_delay, seeds, parameters, data_hash, code_version.
    """

    features: tuple[Input, ...]
    boosters: Sequence[Booster]
    calibration: Knots
    alignment: Knots
    anomaly: Forest | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def margins(self, matrix: Floats) -> Doubles:
        """The margin of each row of a matrix with these columns."""
        from learning.training.boosting import margins_of

        return margins_of(self.boosters, self.features, matrix)

    def probabilities(self, matrix: Floats) -> Doubles:
        return self.calibration(self.margins(matrix))
