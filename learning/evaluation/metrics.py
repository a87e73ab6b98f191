"""Figures of predictions against verdicts. Shares are 0..1; what cannot be told is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from learning.evaluation.calibration import calibration_error
from learning.evaluation.fairness import FEWEST, alarm_ratio, false_alarms
from learning.training.trained import Doubles

Verdicts = npt.NDArray[np.float32]
TOPS = (100, 500, 1_000)
WEEK_SECONDS = 7 * 86_400.0
_FOUR_FIFTHS = 0.8


def figures(y: Verdicts, p: Doubles) -> dict[str, float]:
    """Ranking and calibration; where one class is missing, only how many rows there are."""
    if not _judgeable(y):
        return {"rows": float(len(y)), "frauds": float(y.sum())}
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    fpr, tpr, _ = roc_curve(y, p)
    order = np.argsort(-p, kind="stable")
    precise = {
        f"precision_top_{top}": float(y[order[:top]].mean()) for top in TOPS if len(y) >= top
    }
    return {
        "rows": float(len(y)),
        "frauds": float(y.sum()),
        "average_precision": float(average_precision_score(y, p)),
        "roc_auc": float(roc_auc_score(y, p)),
        "recall_at_1_percent_fpr": float(np.interp(0.01, fpr, tpr)),
        "recall_at_5_percent_fpr": float(np.interp(0.05, fpr, tpr)),
        **precise,
        "brier": float(np.mean((p - y) ** 2)),
        "calibration_error": calibration_error(y, p),
    }


def money_curve(y: Verdicts, p: Doubles, amounts: Doubles) -> list[dict[str, float]]:
    """For shares of the traffic that are reviewed, highest first: shares of frauds and of their
    amounts that are among them."""
    order = np.argsort(-p, kind="stable")
    lost = np.cumsum(np.where(y[order] > 0, amounts[order], 0.0))
    found = np.cumsum(y[order])
    if not found[-1]:
        return []
    curve = []
    for share in (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0):
        last = max(1, round(len(y) * share)) - 1
        curve.append(
            {
                "reviewed": share,
                "frauds": float(found[last] / found[-1]),
                "value": float(lost[last] / lost[-1]) if lost[-1] else 0.0,
            }
        )
    return curve


def by_group(y: Verdicts, p: Doubles, groups: npt.NDArray[Any]) -> dict[str, dict[str, Any]]:
    """The figures by a group's name; it needs FEWEST rows, and a fraud and a genuine one."""
    told = {}
    for name in sorted({str(one) for one in groups}):
        mine = groups.astype(str) == name
        if mine.sum() >= FEWEST and _judgeable(y[mine]):
            told[name] = figures(y[mine], p[mine])
    return told


def by_week(y: Verdicts, p: Doubles, times: Doubles) -> dict[str, dict[str, Any]]:
    """By the Monday (UTC) that a week begins with."""
    # 1970-01-01 was a Thursday.
    mondays = np.floor((times - 4 * 86_400) / WEEK_SECONDS) * WEEK_SECONDS + 4 * 86_400
    names = np.array(mondays, dtype="datetime64[s]").astype("datetime64[D]").astype(str)
    return by_group(y, p, names)


def fairness(y: Verdicts, p: Doubles, groups: npt.NDArray[Any]) -> dict[str, Any]:
    """How often genuine transactions of each group are among the highest hundredth of genuine ones.

    `ratio` is the lowest group's share of being left alone over the highest's; under four fifths
    the rule of that name is broken. That takes a rate of false alarms of some 20 %, so `fpr_ratio`
    tells more: the highest rate of false alarms over the lowest (:func:`alarm_ratio`).
    """
    genuine = y == 0
    alarm = false_alarms(p, genuine)
    alarms, rows = {}, {}
    for name in sorted({str(one) for one in groups}):
        mine = genuine & (groups.astype(str) == name)
        if mine.sum() >= FEWEST:
            alarms[name], rows[name] = float(alarm[mine].sum()), float(mine.sum())
    if len(rows) < 2:
        return {}
    rates = {name: alarms[name] / rows[name] for name in rows}
    spared = [1 - rate for rate in rates.values()]
    ratio = min(spared) / max(spared)
    return {
        "false_alarms": rates,
        "fpr_ratio": alarm_ratio(np.array([*alarms.values()]), np.array([*rows.values()])),
        "ratio": ratio,
        "four_fifths": ratio >= _FOUR_FIFTHS,
    }


def segments(
    y: Verdicts, p: Doubles, columns: Mapping[str, npt.NDArray[Any]]
) -> dict[str, dict[str, Any]]:
    return {name: by_group(y, p, values) for name, values in columns.items()}


def _judgeable(y: Verdicts) -> bool:
    return bool(len(y)) and 0 < float(y.sum()) < len(y)
