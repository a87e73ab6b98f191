"""How far a feature's distribution has moved: the population stability index (PSI)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from learning.training.trained import Floats, Input

WATCH, ACT = 0.1, 0.25
"""From here on a feature is watched; from here on something is to be done."""

_PARTS = 10
_LEAST = 1e-4


def psi(before: npt.NDArray[Any], now: npt.NDArray[Any]) -> float:
    """By tenths of `before`, missing values apart. 0: the same distribution."""
    known = before[~np.isnan(before)]
    cuts = np.linspace(0, 1, _PARTS + 1)[1:-1]
    edges = np.unique(np.quantile(known, cuts)) if len(known) else np.empty(0)
    expected, found = _shares(before, edges), _shares(now, edges)
    return float(np.sum((found - expected) * np.log(found / expected)))


def stability(inputs: tuple[Input, ...], before: Floats, now: Floats) -> dict[str, float]:
    """The index of each column, highest first."""
    told = {one.name: psi(before[:, i], now[:, i]) for i, one in enumerate(inputs)}
    return dict(sorted(told.items(), key=lambda pair: -pair[1]))


def _shares(values: npt.NDArray[Any], edges: npt.ArrayLike) -> npt.NDArray[np.float64]:
    known = values[~np.isnan(values)]
    places = np.searchsorted(np.asarray(edges), known, side="left")
    counts = np.bincount(places, minlength=len(np.asarray(edges)) + 1).astype(float)
    counts = np.append(counts, len(values) - len(known))
    return np.asarray(np.maximum(counts / max(len(values), 1), _LEAST))
