"""What the figures of a day mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from learning.drift.recent import Judged

COUNTS_FROM: Final = 0.01
"""A feature's share of what the trees gained from which its drift matters to the model."""

FEWEST_FRAUDS: Final = 30
FEWEST_GENUINE: Final = 200


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
    bound (95 %, bootstrap of customers) and with all of those (`hidden`) taken for frauds. Only
    counts where there is too little for a figure.
    """
    known = ~judged.hidden
    fraud, probability = judged.fraud[known], judged.probability[known]
    frauds = int(fraud.sum())
    genuine = len(fraud) - frauds
    found: dict[str, Any] = {"rows": len(fraud), "frauds": frauds, "genuine": genuine}
    found["hidden"] = int(judged.hidden.sum())
    found["needed"] = {"frauds": FEWEST_FRAUDS, "genuine": FEWEST_GENUINE}
    if frauds < FEWEST_FRAUDS or genuine < FEWEST_GENUINE:
        return found
    from learning.evaluation.calibration import calibration_error
    from learning.registry.paired import average_precision, precision_at_most

    high = precision_at_most(judged.probability, judged.fraud | judged.hidden, judged.customer)
    then = card.get("figures", {})
    before = then.get("average_precision")
    return {
        **found,
        "average_precision": average_precision(probability, fraud),
        "average_precision_at_most": high,
        "average_precision_then": before,
        "calibration_error": calibration_error(fraud, probability),
        "calibration_error_then": then.get("calibration_error"),
        "worse": before is not None and high < before,
    }
