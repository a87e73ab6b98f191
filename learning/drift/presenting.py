"""The drift of a model, as its page shows it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from learning.drift.models import DriftReport, FeatureDrift
from learning.drift.verdicts import COUNTS_FROM
from learning.drift.watching import limits
from scoring.serving.models import ModelVersion

SHOWN: Final = 12
DAYS: Final = 30
WIDTH, HEIGHT = 90, 20
"""Of a sparkline."""

LOOKS: Final = {
    "act": "fs-status fs-declined",
    "watch": "fs-status fs-review",
    "stable": "fs-status fs-approved",
    "too_few": "fs-status fs-muted",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """A column: its index today, and over the last days as points of a polyline."""

    name: str
    psi: float
    n: int
    weight: float | None
    verdict: str
    looks: str
    matters: bool
    line: str

    @property
    def percent(self) -> float:
        """Of what the model's trees gained."""
        return 100 * (self.weight or 0.0)


def drift_of(model: ModelVersion) -> dict[str, Any] | None:
    """The latest report with its columns, the worst of those that matter first; None where nobody
    has looked. Three queries."""
    reports = list(DriftReport.objects.filter(model=model).order_by("-day")[:DAYS])
    if not reports:
        return None
    latest = reports[0]
    columns = sorted(latest.features.all(), key=lambda one: (not _matters(one), -one.psi))
    shown = columns[:SHOWN]
    history = _history(reports, [one.feature for one in shown])
    said = limits()
    moved = [
        Moved(
            one.feature,
            one.psi,
            one.n,
            one.weight,
            (verdict := _verdict(one)),
            LOOKS[verdict],
            _matters(one),
            sparkline(history[one.feature], said.act),
        )
        for one in shown
    ]
    return {
        "report": latest,
        "looks": LOOKS[latest.verdict],
        "columns": moved,
        "others": len(columns) - len(shown),
        "limits": said,
        "performance": latest.performance,
    }


def sparkline(values: list[float], act: float) -> str:
    """Points of a polyline, oldest first; the upper edge is the largest value, or where to act.

    >>> sparkline([0.0, 0.25], 0.25)
    '0.0,20.0 90.0,0.0'
    """
    if len(values) < 2:
        return ""
    most = max(*values, act)
    step = WIDTH / (len(values) - 1)
    return " ".join(
        f"{place * step:.1f},{HEIGHT - value / most * HEIGHT:.1f}"
        for place, value in enumerate(values)
    )


def _history(reports: list[DriftReport], names: list[str]) -> dict[str, list[float]]:
    rows = FeatureDrift.objects.filter(report__in=reports, feature__in=names)
    found: dict[str, list[float]] = defaultdict(list)
    for name, psi in rows.order_by("report__day").values_list("feature", "psi"):
        found[name].append(psi)
    return found


def _matters(one: FeatureDrift) -> bool:
    return one.weight is None or one.weight >= COUNTS_FROM


def _verdict(one: FeatureDrift) -> str:
    said = limits()
    if one.n < said.fewest:
        return "too_few"
    if one.psi >= said.act:
        return "act"
    return "watch" if one.psi >= said.watch else "stable"
