"""The boosted trees: how rows become boosters, and a matrix margins.

XGBoost is imported late, it takes seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from xgboost import Booster, DMatrix

    from learning.training.sample import Places, Sample
    from learning.training.trained import Doubles, Floats, Input

THREADS = 2
FEW_ROWS = 20_000

BINS = 512
"""XGBoost's own 256 are too few for amounts: rare frauds sit in the last of them."""

# Threads that wait for each other by spinning lose most of their time on a machine that does other
# work as well (measured: five times slower). Read when OpenMP is loaded, so set before XGBoost is.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is tried out. `days` of history are learned from, the newest; 0 for all of it."""

    depth: int = 4
    eta: float = 0.07
    child: float = 10.0
    columns: float = 0.5
    ridge: float = 2.0
    rounds: int = 250
    days: float = 0.0

    def parameters(self, seed: int) -> dict[str, Any]:
        """For XGBoost. `max_bin` and `base_score` are pinned: its own defaults cost a tenth of the
        average precision on rare frauds. No class weights: they ruin calibration."""
        return {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "max_bin": BINS,
            "base_score": 0.5,
            "max_depth": self.depth,
            "eta": self.eta,
            "min_child_weight": self.child,
            "lambda": self.ridge,
            "subsample": 0.8,
            "colsample_bytree": self.columns,
            "max_cat_to_onehot": 8,
            "seed": seed,
        }

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def column_types(features: Sequence[Input]) -> list[str]:
    """XGBoost's letters for the columns: quantitative, or categorical."""
    return ["c" if one.kind == "category" else "q" for one in features]


def quantised(
    sample: Sample, rows: Places, moment: float, *, most: int = 0, seed: int = 0
) -> DMatrix:
    """These rows, labelled as was known at this moment, in bins; see `drawn`."""
    from xgboost import QuantileDMatrix

    chosen = drawn(sample, rows, moment, most=most, seed=seed)
    return QuantileDMatrix(
        sample.matrix[chosen.rows],
        chosen.verdicts,
        weight=chosen.weights,
        feature_names=[one.name for one in sample.inputs],
        feature_types=column_types(sample.inputs),
        enable_categorical=True,
        max_bin=BINS,
        nthread=THREADS,
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """Rows to learn from, with what was known of them and how many each stands for."""

    rows: Places
    verdicts: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]


def drawn(sample: Sample, rows: Places, moment: float, *, most: int = 0, seed: int = 0) -> Drawn:
    """Of more than `most` (0: any number) all frauds stay and genuine ones are drawn, each weighing
    as many as it stands for: the prior remains the natural one.
    """
    verdicts = sample.verdicts(rows, moment)
    weights = np.ones(len(rows), dtype=np.float32)
    genuine = np.flatnonzero(verdicts == 0)
    wanted = max(most - (len(rows) - len(genuine)), most // 2)
    if most and wanted < len(genuine):
        places = np.random.default_rng(seed).choice(genuine, wanted, replace=False)
        weights[places] = len(genuine) / wanted
        kept = np.sort(np.concatenate([np.flatnonzero(verdicts == 1), places]))
        rows, verdicts, weights = rows[kept], verdicts[kept], weights[kept]
    return Drawn(rows, verdicts, weights)


Fitter = Callable[["Sample", Drawn, Shape, int], "Booster"]
elsewhere: ContextVar[Fitter | None] = ContextVar("elsewhere", default=None)
"""What fits trees instead of this process: see `distributed`."""


def fitted(
    sample: Sample, rows: Places, moment: float, shape: Shape, *, most: int, seed: int
) -> Booster:
    """A booster of these rows as they were known at this moment."""
    there = elsewhere.get()
    if there is not None:
        return there(sample, drawn(sample, rows, moment, most=most, seed=seed), shape, seed)
    return fit(quantised(sample, rows, moment, most=most, seed=seed), shape, seed)


def fit(data: DMatrix, shape: Shape, seed: int) -> Booster:
    from xgboost import train

    # Few rows are done sooner than a second thread is called.
    threads = THREADS if data.num_row() >= FEW_ROWS else 1
    parameters = {**shape.parameters(seed), "nthread": threads}
    return train(parameters, data, num_boost_round=shape.rounds)


def margins_of(
    boosters: Sequence[Booster],
    features: Sequence[Input],
    matrix: Floats,
    *,
    rounds: int = 0,
) -> Doubles:
    """The mean of the boosters' margins (log odds), row by row; of the first rounds if told."""
    from xgboost import DMatrix

    data = DMatrix(
        matrix,
        feature_names=[one.name for one in features],
        feature_types=column_types(features),
        enable_categorical=True,
        nthread=THREADS,
    )
    told = [
        booster.predict(data, output_margin=True, iteration_range=(0, rounds))
        for booster in boosters
    ]
    return np.asarray(np.mean(told, axis=0), dtype=np.float64)
