"""Looking for drift: once a day by the scheduler, or when somebody asks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from foundation.audit import Actor, record
from foundation.outbox import publish
from foundation.permissions import require
from learning.drift.models import DriftReport, FeatureDrift
from learning.drift.verdicts import Column, Limits, performance_of, verdict_on
from learning.errors import NoBaseline
from learning.events import DriftFound
from learning.registry.comparing import label_delay
from scoring.serving.models import ModelVersion
from scoring.serving.services import OPERATE, champion

if TYPE_CHECKING:
    from learning.drift.recent import Recent

Verdict = DriftReport.Verdict
KEPT: Final = dt.timedelta(days=400)
JUDGED: Final = dt.timedelta(days=90)
"""How far back decisions are taken to see how the model did."""

_WORST: Final = 5


def limits() -> Limits:
    return Limits(settings.DRIFT_WATCH_PSI, settings.DRIFT_ACT_PSI, settings.DRIFT_MINIMUM)


def watch_drift(*, by: Actor, now: dt.datetime | None = None) -> DriftReport | None:
    """Compares the traffic of the last DRIFT_DAYS with what the champion was trained on, and stores
    it; None without a champion.

    Tells by an event what is to be watched or acted on, once a day and verdict. Raises NoBaseline
    for a model whose card does not say what it was trained on.
    """
    require(by, OPERATE)
    # Late: Polars must not start its threads in a process that forks.
    from learning.drift.baseline import Baseline
    from learning.drift.recent import judged_since, recent_traffic

    model = champion()
    if model is None:
        return None
    if "baseline" not in model.card:
        raise NoBaseline(
            f"The card of {model} does not say what it was trained on; train a model anew."
        )
    until = now or clock.now()
    baseline = Baseline.load(model.card["baseline"])
    since = until - dt.timedelta(days=settings.DRIFT_DAYS)
    recent = recent_traffic(baseline, model.version, since=since, until=until)
    columns = _columns(model.card, baseline.psi_of(recent.matrix), len(recent.matrix))
    if len(recent.scores):
        psi = baseline.score.psi(recent.scores)
        columns.append(Column(FeatureDrift.SCORE, psi, len(recent.scores), None))
    judged = judged_since(
        model.version, since=until - JUDGED, until=until, maturity=label_delay(model.card)
    )
    performance = performance_of(judged, model.card)
    return _store(model, until, columns, recent, performance, by)


def _columns(card: dict[str, Any], found: dict[str, float], n: int) -> list[Column]:
    gained = card.get("importance", {})
    return [
        Column(name, psi, n, gained.get(name, 0.0) if gained else None)
        for name, psi in found.items()
    ]


@transaction.atomic
def _store(
    model: ModelVersion,
    at: dt.datetime,
    columns: list[Column],
    recent: Recent,
    performance: dict[str, Any],
    by: Actor,
) -> DriftReport:
    n = len(recent.matrix)
    verdict, said = verdict_on(columns, n, limits())
    if recent.switched:
        said += f" {recent.switched:,} decisions that an operator's switch made are left out."
    if performance.get("worse"):
        said += " It orders frauds worse than its card promised."
        verdict = Verdict.ACT if verdict == Verdict.ACT else Verdict.WATCH
    day = at.astimezone(dt.UTC).date()
    ModelVersion.objects.select_for_update().get(pk=model.pk)  # one at a time
    before = DriftReport.objects.filter(model=model, day=day).first()
    told = before.verdict if before else ""
    report, _ = DriftReport.objects.update_or_create(
        model=model,
        day=day,
        defaults={"n": n, "verdict": verdict, "said": said[:400], "performance": performance},
    )
    report.features.all().delete()
    FeatureDrift.objects.bulk_create(
        FeatureDrift(report=report, feature=c.name, psi=c.psi, n=c.n, weight=c.weight)
        for c in columns
    )
    DriftReport.objects.filter(day__lt=day - KEPT).delete()
    if verdict != told:
        _tell(report, columns, by)
    return report


def _tell(report: DriftReport, columns: list[Column], by: Actor) -> None:
    version = report.model.version
    record(
        actor=by,
        action="model.drift_looked_for",
        subject=f"scoring.modelversion:{version}",
        after={"day": str(report.day), "verdict": report.verdict, "said": report.said},
    )
    if report.verdict not in {Verdict.WATCH, Verdict.ACT}:
        return
    counted = sorted((one for one in columns if one.matters), key=lambda one: -one.psi)
    worst = {one.name: round(one.psi, 4) for one in counted[:_WORST]}
    found = DriftFound(version, str(report.day), str(report.verdict), report.said, worst)
    publish(found, subject=version)
