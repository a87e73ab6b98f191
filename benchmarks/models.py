"""What the models cost a transaction: champion and anomaly together, from vector to opinion."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any

FIGURES = ("model_p50_us", "model_p99_us")

ROUNDS = 7
CALLS = 3_000
ROWS = 4_000
COLUMNS = 150
SEEDS, TREES, DEPTH = 3, 120, 6
FOREST = 100


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    """A model of the size that training makes, over 150 features. `cpu` is the same figure in CPU
    time, which a busy machine does not lengthen."""
    with tempfile.TemporaryDirectory(prefix="fraudshield-model-") as directory:
        detector = _detector(Path(directory) / "bench")
    vectors = _vectors()
    wall = [_times(detector, vectors, perf_counter) for _ in range(ROUNDS)]
    cpu = [_times(detector, vectors, thread_time) for _ in range(ROUNDS)]
    for figure, share in (("model_p50_us", 0.50), ("model_p99_us", 0.99)):
        if figure in wanted:
            place = int(share * CALLS)
            rounds = [round(each[place] * 1e6, 1) for each in wall]
            yield {
                "figure": figure,
                "value": median(rounds),
                "unit": "microseconds",
                "rounds": rounds,
                "cpu": round(median(each[place] for each in cpu) * 1e6, 1),
                "trees": SEEDS * TREES + FOREST,
            }


def _times(detector: Any, vectors: list[list[Any]], clock: Callable[[], float]) -> list[float]:
    """Sorted seconds of each call; every call has another vector."""
    for vector in vectors[:200]:
        detector.judge(vector)
    taken = []
    for vector in vectors:
        start = clock()
        detector.judge(vector)
        taken.append(clock() - start)
    return sorted(taken)


def _features() -> list[Any]:
    from features.catalogue import CATALOGUE
    from features.types import Type

    kinds = {Type.NUMBER, Type.MONEY, Type.BOOLEAN}
    found = [feature for feature in CATALOGUE if feature.type in kinds and not feature.output]
    return found[:: max(1, len(found) // COLUMNS)][:COLUMNS]


def _matrix(rows: int) -> Any:
    """A third of the values missing, as they are in production."""
    import numpy as np

    rng = np.random.default_rng(0)
    matrix = rng.lognormal(1.0, 2.0, (rows, len(_features()))).astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.33] = np.nan
    return matrix


def _vectors() -> list[list[Any]]:
    import math

    from features.catalogue import CATALOGUE

    places = [CATALOGUE.index[feature.name] for feature in _features()]
    vectors = []
    for row in _matrix(CALLS).tolist():
        vector: list[Any] = [None] * len(CATALOGUE)
        for place, value in zip(places, row, strict=True):
            vector[place] = None if math.isnan(value) else value
        vectors.append(vector)
    return vectors


def _detector(folder: Path) -> Any:
    import numpy as np
    import xgboost
    from sklearn.ensemble import IsolationForest

    from learning.export.writing import write_artefact
    from learning.training.trained import Forest, Input, Knots, Trained
    from scoring.detectors import Detector

    rng = np.random.default_rng(1)
    features, matrix = _features(), _matrix(ROWS)
    filled = np.nan_to_num(matrix, nan=1.0)
    danger = np.log(filled[:, :20]).sum(axis=1) + rng.logistic(size=ROWS)
    data = xgboost.DMatrix(matrix, danger > np.quantile(danger, 0.95), nthread=1)
    data.feature_names = [feature.name for feature in features]
    settings = {
        "objective": "binary:logistic",
        "max_depth": DEPTH,
        "eta": 0.05,
        "max_bin": 256,
        "base_score": 0.5,
        "subsample": 0.8,
        "nthread": 1,
    }
    boosters = [xgboost.train({**settings, "seed": seed}, data, TREES) for seed in range(SEEDS)]
    forest = IsolationForest(n_estimators=FOREST, random_state=0).fit(filled)
    columns = tuple(range(len(features)))
    anomaly = Forest(columns, tuple(1.0 for _ in columns), forest, Knots((0.0, 1.0), (0.0, 100.0)))
    curve = Knots(tuple(np.linspace(-8, 8, 50).tolist()), tuple(np.linspace(0, 1, 50).tolist()))
    kinds: dict[str, Any] = {"boolean": "flag"}
    trained = Trained(
        tuple(Input(one.name, kinds.get(one.type, "number")) for one in features),
        boosters,
        curve,
        Knots(curve.x, tuple(100 * y for y in curve.y)),
        anomaly,
        {"catalogue_version": 1},
    )
    return Detector(write_artefact(trained, folder))
