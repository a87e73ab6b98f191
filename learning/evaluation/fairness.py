"""How unevenly false alarms fall on groups. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

ALERT_RATE: Final = 0.01
"""The share of genuine transactions that a model is judged at: as many of each model's."""

FEWEST: Final = 20
"""Genuine rows of a group to be judged by itself."""

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def false_alarms(p: npt.NDArray[Any], genuine: Flags) -> Flags:
    """Genuine rows among the highest hundredth of the genuine ones."""
    line = np.quantile(p[genuine], 1 - ALERT_RATE) if genuine.any() else np.inf
    return np.asarray(genuine & (p > line), dtype=bool)


def alarm_ratio(alarms: Numbers, rows: Numbers) -> float:
    """The highest rate of false alarms over the lowest, by groups' alarms and genuine rows.

    Each group is given one alarm among a hundred rows, the usual rate: so none divides by nothing,
    and a small group does not stand out by a single alarm.

    >>> round(alarm_ratio(np.array([50.0, 10.0]), np.array([1_000.0, 1_000.0])), 2)
    4.64
    """
    rates = (alarms + 1) / (rows + 1 / ALERT_RATE)
    return float(rates.max() / rates.min())
