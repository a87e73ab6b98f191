"""Whether the exported graph answers what the trainer's own model answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.export.errors import NotExportable

if TYPE_CHECKING:
    from learning.training.trained import Floats, Trained

TOLERANCE = 1e-5
"""Of margin (log odds) and anomaly; float32 sums in another order differ by less."""

ROWS = 512
_MISSING, _UNSEEN = 0.2, 70.0


def check_parity(trained: Trained, graph: bytes) -> None:
    """Compares on random rows around the thresholds, with missing values and unseen categories.
    Raises NotExportable."""
    apart = difference(trained, graph, random_rows(trained, ROWS, seed=0))
    if not apart <= TOLERANCE:
        raise NotExportable(
            f"The exported model answers otherwise than the trained one: {apart:.2g} apart."
        )


def difference(trained: Trained, graph: bytes, rows: Floats) -> float:
    """The largest difference of a margin or an anomaly."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    found = dict(zip(names, session.run(None, {"x": rows}), strict=True))
    apart = float(np.abs(found["margin"][:, 0] - trained.margins(rows)).max())
    if trained.anomaly is None:
        return apart
    strange = np.abs(found["anomaly"][:, 0] - trained.anomaly.strangeness(rows)).max()
    return max(apart, float(strange))


def random_rows(trained: Trained, rows: int, *, seed: int) -> Floats:
    """Rows whose numbers lie at and around the splits, of all sizes, a fifth of them missing."""
    rng = np.random.default_rng(seed)
    matrix = np.empty((rows, len(trained.features)), np.float32)
    for place, column in enumerate(trained.features):
        if column.kind == "category":
            seen = rng.integers(0, max(1, len(column.categories)), rows)
            matrix[:, place] = np.where(rng.random(rows) < 0.05, _UNSEEN, seen)
        elif column.kind == "flag":
            matrix[:, place] = rng.integers(0, 2, rows)
        else:
            matrix[:, place] = _numbers(trained, place, rows, rng)
    matrix[rng.random(matrix.shape) < _MISSING] = np.nan
    return matrix


def _numbers(trained: Trained, place: int, rows: int, rng: np.random.Generator) -> Floats:
    """The column's own thresholds and their neighbours, and numbers of any size."""
    splits = _thresholds(trained, place)
    wide = rng.normal(size=rows) * 10.0 ** rng.integers(-3, 7, rows)
    if not len(splits):
        return wide.astype(np.float32)
    near = rng.choice(splits, rows)
    beside = np.nextafter(near, np.float32(np.inf) * rng.choice([-1, 1], rows).astype(np.float32))
    kind = rng.integers(0, 3, rows)
    chosen: Floats = np.select([kind == 0, kind == 1], [near, beside], wide).astype(np.float32)
    return chosen


def _thresholds(trained: Trained, place: int) -> Floats:
    frames = (booster.get_split_value_histogram for booster in trained.boosters)
    name = trained.features[place].name
    found = [frame(name, as_pandas=False) for frame in frames]
    values = [one[:, 0] for one in found if len(one)]
    return np.concatenate(values).astype(np.float32) if values else np.empty(0, np.float32)
