"""Walk-forward validation: trained on what was known on a day, judged on the days after it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from learning.training.boosting import Shape, fitted, margins_of
from learning.training.checkpoints import Checkpoints
from learning.training.sample import DAY_SECONDS, Places, Sample
from learning.training.trained import Doubles

if TYPE_CHECKING:
    from xgboost import Booster

FOLD_DAYS = 7.0
MOST_FOLDS = 3
MOST_ROWS = 2_000_000
"""The newest rows that are learned from."""

MOST_PER_SEED = 250_000
"""Rows for one seed's trees; each seed draws its own share of the genuine ones."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Days from `start` to `end` (epoch seconds), to be judged by a model of what was known at
    `known`. That is `start`, so that late labels leave the gap that they leave in life; where the
    history is too short for it, it is now, and only rows before `start` are learned from."""

    start: float
    end: float
    known: float


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """Margins of rows that were later than all that their model was trained on."""

    rows: Places
    margins: Doubles
    fraud: npt.NDArray[np.float32]


def folds_of(sample: Sample, moment: float) -> list[Fold]:
    """The last weeks whose labels are mature, newest first; shorter where history is short."""
    first, last = float(sample.times[0]), moment - sample.maturity
    length = min(FOLD_DAYS * DAY_SECONDS, (last - first) / 6)
    starts = [last - (number + 1) * length for number in range(MOST_FOLDS)]
    for known in (None, moment):
        folds = [Fold(start, start + length, known or start) for start in starts]
        enough = [fold for fold in folds if _enough(sample, fold, moment)]
        if enough:
            return enough
    return []


def _enough(sample: Sample, fold: Fold, moment: float) -> bool:
    """Whether both classes are there to learn from and to judge by."""
    train = sample.known(fold.known)
    train = train[sample.times[train] < fold.start]
    held = np.intersect1d(sample.between(fold.start, fold.end), sample.known(moment))
    learned, judged = sample.verdicts(train, fold.known), sample.verdicts(held, moment)
    return (
        5 <= learned.sum() < len(learned)
        and 2 <= judged.sum() <= len(judged) - 2
        and len(train) > len(held)
    )


def training_rows(
    sample: Sample, moment: float, shape: Shape, *, before: float = math.inf
) -> Places:
    """The newest of the rows `before` then that are known at this moment, as far back as the shape
    looks."""
    rows = sample.known(moment)
    rows = rows[sample.times[rows] < before]
    if shape.days:
        rows = rows[sample.times[rows] >= moment - sample.maturity - shape.days * DAY_SECONDS]
    return rows[-MOST_ROWS:]


def boosters_at(
    sample: Sample,
    moment: float,
    shape: Shape,
    seeds: Sequence[int],
    checkpoints: Checkpoints,
    *,
    most: int = MOST_PER_SEED,
    before: float = math.inf,
) -> list[Booster]:
    """Boosters trained on what was known at this moment of rows `before` then, one a seed."""
    rows = training_rows(sample, moment, shape, before=before)
    made = []
    for seed in seeds:
        parts = {"moment": moment, "seed": seed, "most": most, "before": before, **shape.facts()}

        def fresh(seed: int = seed) -> Booster:
            return fitted(sample, rows, moment, shape, most=most, seed=seed)

        made.append(checkpoints.booster(parts, fresh))
    return made


def out_of_time(
    sample: Sample,
    moment: float,
    folds: Sequence[Fold],
    shape: Shape,
    seeds: Sequence[int],
    checkpoints: Checkpoints,
    *,
    most: int = MOST_PER_SEED,
) -> Iterator[OutOfTime]:
    """The held-out margins of each fold, with the verdicts known at this moment."""
    for fold in folds:
        boosters = boosters_at(
            sample, fold.known, shape, seeds, checkpoints, most=most, before=fold.start
        )
        rows = sample.between(fold.start, fold.end)
        rows = rows[np.isin(rows, sample.known(moment))]
        margins = margins_of(boosters, sample.inputs, sample.matrix[rows])
        yield OutOfTime(rows, margins, sample.verdicts(rows, moment))


def joined(parts: Sequence[OutOfTime]) -> OutOfTime:
    return OutOfTime(
        np.concatenate([one.rows for one in parts]),
        np.concatenate([one.margins for one in parts]),
        np.concatenate([one.fraud for one in parts]),
    )
