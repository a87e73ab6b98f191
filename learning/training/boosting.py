"""The boosted trees: how a matrix becomes margins. XGBoost is imported late, it takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xgboost import Booster

    from learning.training.trained import Doubles, Floats, Input


def column_types(features: Sequence[Input]) -> list[str]:
    """XGBoost's letters for the columns: quantitative, or categorical."""
    return ["c" if one.kind == "category" else "q" for one in features]


def margins_of(boosters: Sequence[Booster], features: Sequence[Input], matrix: Floats) -> Doubles:
    """The mean of the boosters' margins (log odds), row by row."""
    from xgboost import DMatrix

    data = DMatrix(
        matrix,
        feature_names=[one.name for one in features],
        feature_types=column_types(features),
        enable_categorical=True,
        nthread=2,
    )
    told = [booster.predict(data, output_margin=True) for booster in boosters]
    return np.asarray(np.mean(told, axis=0), dtype=np.float64)
