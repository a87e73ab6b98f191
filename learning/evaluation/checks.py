"""What would betray a leak: in the data, a feature that knows too much; in the way that models are
trained and judged, noise that is learned and a split that overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from learning.evaluation.metrics import Verdicts
from learning.training.boosting import Shape
from learning.training.checkpoints import Checkpoints
from learning.training.sample import Places, Sample
from learning.training.trained import Input
from learning.training.trainer import Outcome
from learning.training.validation import Fold, out_of_time, training_rows

TOO_GOOD = 0.95
"""A single feature that orders frauds better than this was probably written after them."""

_FEWEST = 10
"""Of frauds and of genuine ones, for a column to be judged."""

_MOST_ROWS = 50_000
_EAGER = Shape(depth=6, child=1.0, columns=1.0, rounds=40)
"""Trees that learn by heart what they see."""

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


def permuted(sample: Sample, moment: float, fold: Fold, seed: int = 0) -> dict[str, Any]:
    """The area that a model of shuffled labels reaches on a fold, on the very way that real labels
    go: near one half, unless that lets it learn from what it is judged by.

    Of a feature that was written after the outcome it says nothing: that knows the true labels.
    """
    from sklearn.metrics import roc_auc_score

    rows = sample.known(moment)
    shuffled = np.zeros_like(sample.fraud)
    shuffled[rows] = np.random.default_rng(seed).permutation(sample.verdicts(rows, moment))
    fake = replace(sample, fraud=shuffled, known_at=sample.times + sample.maturity)
    [told] = out_of_time(fake, moment, [fold], _EAGER, [seed], Checkpoints(), most=_MOST_ROWS)
    frauds = float(told.fraud.sum())
    genuine = len(told.fraud) - frauds
    if not frauds or not genuine:
        return {"area": None, "passed": True}
    area = float(roc_auc_score(told.fraud, told.margins))
    # The area of noise spreads as the rank-sum statistic does.
    error = float(np.sqrt((frauds + genuine + 1) / (12 * frauds * genuine)))
    return {"area": area, "passed": abs(area - 0.5) <= _NOISE * error + 0.01}


def split_audit(
    sample: Sample, train: Places, start: float, known: float, held: Places
) -> dict[str, Any]:
    """Whether training ended before the first row that is judged, on labels `known` by then.

    Of a history too short for the gap that late labels leave, labels are those known at the end;
    how many came later than `start` is told, and lets nothing of the judged rows through.
    """
    late = int((sample.times[train] >= start).sum())
    both = int(np.intersect1d(train, held).size)
    frauds = sample.known_at[train][sample.verdicts(train, known) > 0]
    unknown = int((frauds > known).sum())
    return {
        "trained_on_later_rows": late,
        "labels_from_later": int((frauds > start).sum()),
        "labels_not_known_yet": unknown,
        "rows_in_both": both,
        "passed": not (late or both or unknown),
    }


def leaks(sample: Sample, moment: float, outcome: Outcome) -> dict[str, Any]:
    """All of them, of a model trained at `moment`: JSON, with `passed`."""
    held = outcome.held_out
    suspects = too_good(sample.inputs, sample.matrix[held.rows], held.fraud)
    folds = [Fold(*told) for told in outcome.trained.facts["folds"]]
    noise = permuted(sample, moment, folds[0])
    splits = [
        split_audit(
            sample,
            training_rows(sample, fold.known, outcome.shape, before=fold.start),
            fold.start,
            fold.known,
            np.intersect1d(held.rows, sample.between(fold.start, fold.end)),
        )
        for fold in folds
    ]
    passed = not suspects and noise["passed"] and all(split["passed"] for split in splits)
    return {"too_good": suspects, "permuted": noise, "splits": splits, "passed": passed}


def in_words(found: Mapping[str, Any]) -> list[str]:
    """A sentence for each sign of a leak in what `leaks` found."""
    told = [
        f"{name} alone orders frauds with an area of {area:.3f}."
        for name, area in found["too_good"].items()
    ]
    if not found["permuted"]["passed"]:
        told.append(f"Permuted labels still gave an area of {found['permuted']['area']:.3f}.")
    if not all(split["passed"] for split in found["splits"]):
        told.append("A fold learned from rows or labels later than its beginning.")
    return told
