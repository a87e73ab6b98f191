"""What would betray a leak: a feature that knows too much, noise that is learned, a split that
overlaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from learning.evaluation.metrics import Verdicts
from learning.training.boosting import Shape, fit, margins_of, quantised
from learning.training.sample import Places, Sample
from learning.training.trained import Input

TOO_GOOD = 0.95
"""A single feature that orders frauds better than this was probably written after them."""

_FEWEST = 10
"""Of frauds and of genuine ones, for a column to be judged."""

_MOST_ROWS = 100_000
_NOISE = 4.0
"""Standard errors around one half within which the area of a model of permuted labels must be."""


def too_good(
    inputs: tuple[Input, ...], matrix: np.ndarray[Any, Any], y: Verdicts
) -> dict[str, float]:
    """Columns that alone order frauds with an area above the line, by name: by their values, or by
    being known at all."""
    suspects: dict[str, float] = {}
    fraud = y > 0
    if fraud.sum() < _FEWEST or (~fraud).sum() < _FEWEST:
        return suspects
    for place, one in enumerate(inputs):
        column = matrix[:, place]
        known = ~np.isnan(column)
        apart = known[fraud].mean() - known[~fraud].mean()
        area = max(0.5 + abs(float(apart)) / 2, _area(one, column[known], fraud[known]))
        if area > TOO_GOOD:
            suspects[one.name] = area
    return suspects


def _area(one: Input, column: npt.NDArray[Any], fraud: npt.NDArray[np.bool_]) -> float:
    """Of known values; one half where too few are known of a class."""
    from sklearn.metrics import roc_auc_score

    if fraud.sum() < _FEWEST or (~fraud).sum() < _FEWEST:
        return 0.5
    if one.kind == "category":
        return float(roc_auc_score(fraud, _shares(column, fraud)))
    area = float(roc_auc_score(fraud, column))
    return max(area, 1 - area)


def _shares(column: npt.NDArray[Any], fraud: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """For each row the share of fraud of its category among the other half of the rows: by its own
    half, rare categories would know their own outcome."""
    codes = column.astype(np.int64)
    half = np.arange(len(codes)) % 2 == 0
    shares = np.empty(len(codes))
    usual = float(fraud.mean())
    for mine in (half, ~half):
        rows = np.bincount(codes[~mine], minlength=codes.max() + 1)
        frauds = np.bincount(codes[~mine], fraud[~mine], minlength=codes.max() + 1)
        shares[mine] = ((frauds + usual) / (rows + 1))[codes[mine]]
    return shares


def permuted(sample: Sample, rows: Places, moment: float, seed: int = 0) -> dict[str, Any]:
    """The area of a small model of shuffled labels on rows that it has not seen: near one half."""
    from dataclasses import replace

    from sklearn.metrics import roc_auc_score

    chance = np.random.default_rng(seed)
    some = rows[-_MOST_ROWS:]
    half = len(some) // 2
    shuffled = sample.fraud.copy()
    shuffled[some] = chance.permutation(sample.verdicts(some, moment)).astype(np.int8)
    known_at = np.where(np.isin(np.arange(len(shuffled)), some), moment, sample.known_at)
    fake = replace(sample, fraud=shuffled, known_at=known_at)
    booster = fit(quantised(fake, some[:half], moment), Shape(depth=3, rounds=20), seed)
    held = some[half:]
    y = fake.verdicts(held, moment)
    if not 0 < y.sum() < len(y):
        return {"area": None, "passed": True}
    area = float(roc_auc_score(y, margins_of([booster], sample.inputs, sample.matrix[held])))
    # The area of noise spreads as the rank-sum statistic does.
    frauds, genuine = float(y.sum()), float(len(y) - y.sum())
    error = float(np.sqrt((frauds + genuine + 1) / (12 * frauds * genuine)))
    return {"area": area, "passed": abs(area - 0.5) <= _NOISE * error + 0.01}


def split_audit(
    sample: Sample, train: Places, start: float, known: float, held: Places
) -> dict[str, Any]:
    """Whether training ended before the first row that is judged, on labels `known` by then.

    Of a history too short for the gap that late labels leave, labels are those known at the end;
    how many came later than `start` is told, and lets nothing of the judged rows through.
    """
    late = sample.times[train] >= start
    told = sample.verdicts(train, known) > sample.verdicts(train, start)
    both = int(np.intersect1d(train, held).size)
    return {
        "trained_on_later_rows": int(late.sum()),
        "labels_from_later": int(told.sum()),
        "rows_in_both": both,
        "passed": not late.any() and not both and not (told.any() and known <= start),
    }
