"""Which shape of trees suits the data: few sound candidates, tried one after the other in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from learning.training.boosting import Shape, margins_of
from learning.training.checkpoints import Checkpoints
from learning.training.sample import DAY_SECONDS, Sample
from learning.training.validation import Fold, boosters_at

DEEPEST = 6
"""What the time of one call allows: it was measured with all trees of this depth
(benchmarks/models.py). Deeper ones have four times the leaves for every two levels."""

CANDIDATES = (
    Shape(depth=4, eta=0.07, child=10.0),
    Shape(depth=DEEPEST, eta=0.05, child=30.0, ridge=10.0),
    Shape(depth=3, eta=0.12, child=5.0),
    Shape(depth=5, eta=0.05, child=20.0, columns=0.3, ridge=5.0),
)
CHECKED_ROUNDS = (60, 120, 180, 240)
SPANS = (45.0, 90.0)
"""Days of history that are tried beside all of it: in a world that drifts, less may be more."""

MOST_SEARCHED = 120_000
"""Rows for a trial; the winner is fitted on all."""


def search(
    sample: Sample,
    moment: float,
    folds: Sequence[Fold],
    *,
    seconds: float,
    most_rounds: int,
    checkpoints: Checkpoints,
    say: Callable[[str], None],
) -> tuple[Shape, list[dict[str, float | str]]]:
    """The shape with the best average precision on held-out weeks, and what each one reached.

    Trials stop being started when the time is up; the first always runs.
    """
    started = time.monotonic()
    trials: list[tuple[float, Shape]] = []
    judged = list(folds[:1])

    def attempt(shape: Shape) -> None:
        if trials and time.monotonic() - started > seconds:
            return
        best, precision = _judge(sample, moment, judged, shape, checkpoints, most_rounds)
        trials.append((precision, best))
        say(f"tried depth {best.depth}, {best.rounds} rounds, {_span(best)}: {precision:.4f}")

    for shape in CANDIDATES:
        attempt(shape)
    leader = max(trials, key=lambda trial: trial[0])[1]
    for days in SPANS:
        if days * DAY_SECONDS < (moment - float(sample.times[0])) * 0.7:
            attempt(replace(leader, days=days))
    _, chosen = max(trials, key=lambda trial: trial[0])
    return chosen, [{**shape.facts(), "average_precision": found} for found, shape in trials]


def _judge(
    sample: Sample,
    moment: float,
    folds: Sequence[Fold],
    shape: Shape,
    checkpoints: Checkpoints,
    most_rounds: int,
) -> tuple[Shape, float]:
    """The shape with its best number of rounds, and the mean average precision of the folds."""
    from sklearn.metrics import average_precision_score

    checked = [rounds for rounds in CHECKED_ROUNDS if rounds <= most_rounds] or [most_rounds]
    most = replace(shape, rounds=checked[-1])
    found: dict[int, list[float]] = {rounds: [] for rounds in checked}
    for fold in folds:
        boosters = boosters_at(
            sample,
            fold.known,
            most,
            [0],
            checkpoints,
            most=MOST_SEARCHED,
            before=fold.start,
        )
        rows = np.intersect1d(sample.between(fold.start, fold.end), sample.known(moment))
        fraud, matrix = sample.verdicts(rows, moment), sample.matrix[rows]
        for rounds, precisions in found.items():
            margins = margins_of(boosters, sample.inputs, matrix, rounds=rounds)
            precisions.append(float(average_precision_score(fraud, margins)))
    means = {rounds: float(np.mean(precisions)) for rounds, precisions in found.items()}
    rounds = max(means, key=lambda rounds: means[rounds])
    return replace(shape, rounds=rounds), means[rounds]


def _span(shape: Shape) -> str:
    return f"{shape.days:.0f} days" if shape.days else "all history"
