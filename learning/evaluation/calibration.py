"""Whether what was said came: probabilities against verdicts, by bins of equal size. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 15

Told = npt.NDArray[Any]
"""Numbers or flags, a row each."""


def calibration_curve(y: Told, p: Told) -> list[dict[str, float]]:
    """Bins of equal size, by predicted probability: the mean prediction and the share of fraud."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return [
        {"rows": len(part), "predicted": float(p[part].mean()), "found": float(y[part].mean())}
        for part in parts
    ]


def calibration_error(y: Told, p: Told) -> float:
    """The mean distance between prediction and share of fraud over bins of equal size."""
    bins = calibration_curve(y, p)
    return float(sum(b["rows"] * abs(b["predicted"] - b["found"]) for b in bins) / len(y))
