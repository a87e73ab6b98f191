"""An isolation forest: how unlike the rest of the traffic a transaction is, fraud or not."""

from __future__ import annotations

import numpy as np

from learning.training.calibration import aligned
from learning.training.sample import Places, Sample, thinned
from learning.training.trained import Forest, Knots

TREES = 100
PER_TREE = 256
MOST_ROWS = 60_000
_KNOWN_SHARE = 0.5
"""Columns that are missing more often say nothing by being filled in."""


def grow(sample: Sample, rows: Places, moment: float, seed: int = 0) -> Forest | None:
    """A forest over every other one of a sample of these rows, aligned by those of the others that
    were known to be genuine at this moment; None when no column is known in half of them."""
    from sklearn.ensemble import IsolationForest

    some = thinned(rows, MOST_ROWS)
    matrix, judged = sample.matrix[some[::2]], some[1::2]
    known = np.mean(~np.isnan(matrix), axis=0)
    columns = tuple(
        place
        for place, one in enumerate(sample.inputs)
        if one.kind != "category" and known[place] >= _KNOWN_SHARE
    )
    if not columns:
        return None
    chosen = matrix[:, columns]
    fills = tuple(float(fill) for fill in np.nanmedian(chosen, axis=0))
    filled = np.where(np.isnan(chosen), np.asarray(fills, np.float32), chosen)
    forest = IsolationForest(
        n_estimators=TREES, max_samples=min(PER_TREE, len(filled)), random_state=seed, n_jobs=1
    ).fit(filled)
    unscored = Forest(columns, fills, forest, Knots((0.0,), (0.0,)))
    genuine = judged[sample.verdicts(judged, moment) == 0]
    if not len(genuine):  # next to all is fraud
        return None
    return Forest(columns, fills, forest, aligned(unscored.strangeness(sample.matrix[genuine])))
