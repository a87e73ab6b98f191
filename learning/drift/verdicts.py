"""What the figures of a day mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from learning.drift.recent import Judged
    from learning.training.trained import Doubles

COUNTS_FROM: Final = 0.01
"""A feature's share of what the trees gained from which its drift matters to the model."""

FEWEST_FRAUDS: Final = 30
FEWEST_GENUINE: Final = 200
RESAMPLES: Final = 200
BOUND: Final = 0.95


@dataclass(frozen=True, slots=True)
class Limits:
    """PSI from which a column is watched and acted on, and how many decisions a verdict needs."""

    watch: float = 0.1
    act: float = 0.25
    fewest: int = 500


@dataclass(frozen=True, slots=True)
class Column:
    """`weight` is the share of what the trees gained by it; None always counts."""

    name: str
    psi: float
    n: int
    weight: float | None

    @property
    def matters(self) -> bool:
        return self.weight is None or self.weight >= COUNTS_FROM


def verdict_on(columns: list[Column], n: int, limits: Limits) -> tuple[str, str]:
    """too_few, stable, watch or act, and a sentence. Columns that matter little to the model, and
    those with too few decisions, decide nothing."""
    if n < limits.fewest:
        return "too_few", (
            f"{n:,} decisions in these days are too few to tell; {limits.fewest:,} are needed."
        )
    counted = [one for one in columns if one.matters and one.n >= limits.fewest]
    worst = max(counted, key=lambda one: one.psi, default=None)
    if worst is None or worst.psi < limits.watch:
        return "stable", "Nothing that matters to the model has moved."
    moved = [one for one in counted if one.psi >= limits.watch]
    far = [one for one in moved if one.psi >= limits.act]
    named = ", ".join(
        f"{one.name} {one.psi:.2f}" for one in sorted(moved, key=lambda one: -one.psi)[:5]
    )
    words = "has" if len(moved) == 1 else "have"
    said = f"{len(moved)} of {len(counted)} columns that matter {words} moved: {named}."
    return ("act" if far else "watch"), said


def performance_of(judged: Judged, card: Mapping[str, Any]) -> dict[str, Any]:
    """Average precision and calibration error on what is known by now, beside the card's.

    A model that declines well hides its own successes: what it declined and nobody labelled is
    in no figure. So `worse` asks for more: the precision lies below the card's even at its upper
    bound (95 %, bootstrap) and with all of those (`hidden`) taken for frauds. Only counts where
    there is too little for a figure.
    """
    frauds = int(judged.fraud.sum())
    genuine = len(judged.fraud) - frauds
    found: dict[str, Any] = {"rows": len(judged.fraud), "frauds": frauds, "genuine": genuine}
    found["hidden"] = len(judged.hidden)
    found["needed"] = {"frauds": FEWEST_FRAUDS, "genuine": FEWEST_GENUINE}
    if frauds < FEWEST_FRAUDS or genuine < FEWEST_GENUINE:
        return found
    from learning.evaluation.calibration import calibration_error
    from learning.registry.paired import average_precision

    fraud = judged.fraud > 0
    precise = average_precision(judged.probability, fraud)
    high = _at_most(
        np.concatenate([judged.probability, judged.hidden]),
        np.concatenate([fraud, np.ones(len(judged.hidden), bool)]),
    )
    then = card.get("figures", {})
    before = then.get("average_precision")
    return {
        **found,
        "average_precision": precise,
        "average_precision_at_most": high,
        "average_precision_then": before,
        "calibration_error": calibration_error(fraud, judged.probability),
        "calibration_error_then": then.get("calibration_error"),
        "worse": before is not None and high < before,
    }


def _at_most(probability: Doubles, fraud: npt.NDArray[np.bool_]) -> float:
    """The upper bound of the average precision."""
    from learning.registry.paired import average_precision

    chance = np.random.default_rng(0)
    resampled = []
    for _ in range(RESAMPLES):
        rows = chance.integers(0, len(fraud), len(fraud))
        resampled.append(average_precision(probability[rows], fraud[rows]))
    return float(np.quantile(resampled, BOUND))
