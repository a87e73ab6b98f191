"""What the models cost a transaction: champion and anomaly together, from vector to opinion."""

from __future__ import annotations

import gc
import math
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.detectors import Artefact

FIGURES = ("model_p50_us", "model_p99_us", "model_noise_us")

ROUNDS = 7
CALLS = 3_000
ROWS = 4_000
NUMBERS = 138
KINDS = (3, 5, 8, 12, 16, 20, 30, 40, 64, 6, 10, 4)
"""How many values each category has, of twelve."""
SEEDS, TREES, DEPTH = 3, 120, 6
FOREST = 100


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    """A model of the size that training makes, over 150 features, twelve of them categories.

    `cpu` is the same figure in CPU time, which waiting for a core does not lengthen.
    `model_noise_us` is the machine's own part: the 99th percentile of a loop in Python that takes
    as long as the model's median and reads no memory, measured in turns with it.
    """
    from scoring.detectors import Detector

    with tempfile.TemporaryDirectory(prefix="fraudshield-model-") as directory:
        judge = Detector(make_artefact(Path(directory) / "bench")).judge
    vectors = _vectors()
    gc.freeze()  # as the web process does
    length = _loop_as_long_as(_times(judge, vectors, thread_time)[CALLS // 2])
    model: dict[Any, list[list[float]]] = {perf_counter: [], thread_time: []}
    noise: dict[Any, list[list[float]]] = {perf_counter: [], thread_time: []}
    for clock in (perf_counter, thread_time):
        for _ in range(ROUNDS):
            model[clock].append(_times(judge, vectors, clock))
            noise[clock].append(_times(lambda _: _spin(length), vectors, clock))
    for figure, taken, share in (
        ("model_p50_us", model, 0.50),
        ("model_p99_us", model, 0.99),
        ("model_noise_us", noise, 0.99),
    ):
        if figure in wanted:
            place = int(share * CALLS)
            wall, cpu = (
                [round(each[place] * 1e6, 1) for each in taken[clock]]
                for clock in (perf_counter, thread_time)
            )
            yield {
                "figure": figure,
                "value": median(wall),
                "unit": "microseconds",
                "rounds": wall,
                "cpu": median(cpu),
                "cpu_rounds": cpu,
                **({"trees": SEEDS * TREES + FOREST} if taken is model else {}),
            }


def _times(
    call: Callable[[Any], object], vectors: list[list[Any]], clock: Callable[[], float]
) -> list[float]:
    """Sorted seconds of each call; every call has another vector."""
    for vector in vectors[:200]:
        call(vector)
    taken = []
    for vector in vectors:
        start = clock()
        call(vector)
        taken.append(clock() - start)
    return sorted(taken)


def _spin(length: int) -> None:
    for _ in range(length):
        pass


def _loop_as_long_as(seconds: float) -> int:
    start = thread_time()
    _spin(1_000_000)
    return int(1_000_000 * seconds / (thread_time() - start))


# --- The model ------------------------------------------------------------------------------
def _features() -> list[Any]:
    """Categories last."""
    from features.catalogue import CATALOGUE
    from features.types import Type

    kinds = {Type.NUMBER, Type.MONEY, Type.BOOLEAN}
    found = [feature for feature in CATALOGUE if not feature.output]
    numbers = [feature for feature in found if feature.type in kinds]
    texts = [feature for feature in found if feature.type is Type.STRING]
    return numbers[:: max(1, len(numbers) // NUMBERS)][:NUMBERS] + texts[: len(KINDS)]


def _matrix(rows: int) -> Any:
    """A third of the values missing, as they are in production."""
    import numpy as np

    rng = np.random.default_rng(0)
    numbers = rng.lognormal(1.0, 2.0, (rows, len(_features()) - len(KINDS)))
    codes = rng.integers(0, KINDS, (rows, len(KINDS)))
    matrix = np.column_stack([numbers, codes]).astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.33] = np.nan
    return matrix


def _vectors() -> list[list[Any]]:
    from features.catalogue import CATALOGUE

    features = _features()
    vectors = []
    for row in _matrix(CALLS).tolist():
        vector: list[Any] = [None] * len(CATALOGUE)
        for place, (feature, value) in enumerate(zip(features, row, strict=True)):
            if not math.isnan(value):
                is_text = place >= len(row) - len(KINDS)
                vector[CATALOGUE.index[feature.name]] = f"kind{value:.0f}" if is_text else value
        vectors.append(vector)
    return vectors


def make_artefact(folder: Path) -> Artefact:
    """Trained on numbers out of the air, exported as training does it."""
    import numpy as np
    import xgboost
    from sklearn.ensemble import IsolationForest

    from learning.export.writing import write_artefact
    from learning.training.trained import Forest, Knots, Trained

    rng = np.random.default_rng(1)
    inputs, matrix = _inputs(), _matrix(ROWS)
    numbers = len(inputs) - len(KINDS)
    filled = np.nan_to_num(matrix, nan=1.0)
    danger = np.log(filled[:, :20]).sum(axis=1) + rng.logistic(size=ROWS)
    for place, count in enumerate(KINDS, numbers):
        danger += rng.normal(size=count)[filled[:, place].astype(int)]
    data = xgboost.DMatrix(
        matrix,
        danger > np.quantile(danger, 0.95),
        feature_names=[one.name for one in inputs],
        feature_types=["c" if one.kind == "category" else "q" for one in inputs],
        enable_categorical=True,
        nthread=1,
    )
    settings = {
        "objective": "binary:logistic",
        "max_depth": DEPTH,
        "eta": 0.05,
        "max_bin": 256,
        "max_cat_to_onehot": 8,
        "base_score": 0.5,
        "subsample": 0.8,
        "nthread": 1,
    }
    boosters = [xgboost.train({**settings, "seed": seed}, data, TREES) for seed in range(SEEDS)]
    columns = tuple(range(numbers))
    forest = IsolationForest(n_estimators=FOREST, random_state=0).fit(filled[:, :numbers])
    anomaly = Forest(columns, tuple(1.0 for _ in columns), forest, Knots((0.0, 1.0), (0.0, 100.0)))
    margins = tuple(np.linspace(-8, 8, 50).tolist())
    calibration = Knots(margins, tuple(np.linspace(0, 1, 50).tolist()))
    alignment = Knots(margins, tuple(np.linspace(0, 100, 50).tolist()))
    return write_artefact(Trained(inputs, boosters, calibration, alignment, anomaly, {}), folder)


def _inputs() -> tuple[Any, ...]:
    from learning.training.trained import Input

    kinds: dict[str, Any] = {"boolean": "flag"}
    features = _features()
    numbers, texts = features[: -len(KINDS)], features[-len(KINDS) :]
    return (
        *(Input(one.name, kinds.get(one.type, "number")) for one in numbers),
        *(
            Input(one.name, "category", tuple(f"kind{number}" for number in range(count)))
            for one, count in zip(texts, KINDS, strict=True)
        ),
    )
