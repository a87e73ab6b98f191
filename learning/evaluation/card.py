"""A model's card: what it is worth, what it rests on, and what to mind. Plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from learning.drift.baseline import MOST_ROWS
from learning.evaluation import checks, metrics
from learning.evaluation.calibration import calibration_curve
from learning.evaluation.stability import stability
from learning.training.sample import DAY_SECONDS, Sample, thinned
from learning.training.trained import Trained
from learning.training.trainer import Outcome
from learning.training.validation import training_rows

_MOST_IMPORTANT = 40
_RECENT_DAYS = 7.0

Groups = Mapping[str, npt.NDArray[Any]]


def make_card(
    sample: Sample,
    moment: float,
    outcome: Outcome,
    *,
    amounts: npt.NDArray[Any] | None = None,
    segments: Groups | None = None,
    fair: Groups | None = None,
) -> dict[str, Any]:
    """The card of a model trained at `moment`, judged on its held-out rows.

    `amounts`, `segments` (vertical, channel ...) and `fair` (groups that must not be treated
    differently) have a value for each row of the sample.
    """
    held = outcome.held_out
    y = held.fraud
    # The curve was fitted on these very rows: each third is judged by a curve of the others.
    p = _crossed(held.margins, y)
    rows = training_rows(sample, moment, outcome.shape)
    latest = sample.between(moment - _RECENT_DAYS * DAY_SECONDS, moment)
    chosen = {name: values[held.rows] for name, values in (segments or {}).items()}
    groups = {name: values[held.rows] for name, values in (fair or {}).items()}
    card: dict[str, Any] = {
        "figures": metrics.figures(y, p),
        "calibration_curve": calibration_curve(y, p),
        "by_week": metrics.by_week(y, p, sample.times[held.rows]),
        "segments": metrics.segments(y, p, chosen),
        "fairness": {name: metrics.fairness(y, p, values) for name, values in groups.items()},
        "importance": importance(outcome.trained),
        "stability": {
            "features": stability(
                sample.inputs,
                sample.matrix[thinned(rows, MOST_ROWS)],
                sample.matrix[thinned(latest, MOST_ROWS)],
            ),
        },
        "leaks": checks.leaks(sample, moment, outcome),
        "facts": dict(outcome.trained.facts),
    }
    if amounts is not None:
        paid = np.asarray(amounts, np.float64)[held.rows]
        card["money_curve"] = metrics.money_curve(y, p, paid)
    return card


def importance(trained: Trained) -> dict[str, float]:
    """Each feature's share of what splits gained over all trees, highest first."""
    total: dict[str, float] = {}
    for booster in trained.boosters:
        for name, gain in booster.get_score(importance_type="total_gain").items():
            total[name] = total.get(name, 0.0) + float(np.mean(gain))
    whole = sum(total.values()) or 1.0
    ordered = sorted(total.items(), key=lambda pair: -pair[1])[:_MOST_IMPORTANT]
    return {name: gain / whole for name, gain in ordered}


def _crossed(
    margins: npt.NDArray[np.float64], y: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Probabilities of held-out margins by curves that did not see them."""
    from learning.training.calibration import calibrated

    p = np.empty(len(margins))
    # Each class is dealt out by itself: of two frauds in all, every curve still sees one.
    parts = np.empty(len(margins), np.int64)
    for which in (y > 0, y == 0):
        parts[which] = np.arange(which.sum()) % 3
    for part in range(3):
        others = parts != part
        p[~others] = calibrated(margins[others], y[others])(margins[~others])
    return p
