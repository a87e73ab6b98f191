"""Whether a challenger's false alarms fall more unevenly on groups than the champion's. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from learning.evaluation.fairness import FEWEST, alarm_ratio, false_alarms
from learning.registry.paired import Customers, Flags, Numbers, Opinions, bounded

UNEVEN: Final = 1.25
"""Four fifths, the other way round: from here on a ratio of false alarms is minded."""


def compare_false_alarms(
    champion: Opinions,
    challenger: Opinions,
    fraud: Flags,
    group: npt.NDArray[Any],
    customer: Customers,
) -> dict[str, Any] | None:
    """The highest group's rate of false alarms over the lowest's, of both models with bounds of the
    difference, and the rates. Each is judged at as many false alarms, a hundredth of the genuine.

    None with fewer than two groups of enough genuine rows.
    """
    names, counts = np.unique(group[~fraud].astype(str), return_counts=True)
    names = names[counts >= FEWEST]
    if len(names) < 2:
        return None
    place = np.searchsorted(names, group.astype(str)).clip(max=len(names) - 1)
    counted = ~fraud & (names[place] == group.astype(str))
    alarms = [false_alarms(one.probability, ~fraud) & counted for one in (champion, challenger)]

    def sums(weight: Numbers, rows: Flags) -> Numbers:
        return np.bincount(place[rows], weight[rows], len(names)).astype(np.float64)

    def ratios(weight: Numbers) -> list[float]:
        genuine = sums(weight, counted)
        return [alarm_ratio(sums(weight, alarm), genuine) for alarm in alarms]

    each = np.ones(len(fraud))
    rates = [sums(each, alarm) / sums(each, counted) for alarm in alarms]
    return {
        **asdict(bounded(ratios, customer)),
        "rates": [dict(zip(names.tolist(), one.tolist(), strict=True)) for one in rates],
    }
