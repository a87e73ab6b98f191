"""Whether the installation should train by itself now, and why not."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from learning.drift.models import DriftReport
from learning.retraining.journal import known_labels_by
from learning.retraining.models import TrainingRun
from learning.training.sample import FEWEST_FRAUDS, FEWEST_ROWS
from scoring.models import Decision
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion
from transactions.labels.precedence import current_labels
from transactions.models import Label

Cause = TrainingRun.Cause
State = TrainingRun.State
TRY_AGAIN: Final = dt.timedelta(days=7)
"""After a training that came to nothing, on the same labels: time alone may have settled it."""

MOST_BEGUN: Final = 3
"""Trainings within TRY_AGAIN that may be cut off, by a restart or for want of memory, or break."""


@dataclass(frozen=True, slots=True)
class Due:
    """`cause` is empty when nothing is due; `said` tells people how it stands."""

    cause: str
    said: str


def due(now: dt.datetime) -> Due:
    """What speaks for or against a training at this moment. Seven queries at most."""
    wanted = settings.RETRAIN_NEW_LABELS
    decides = champion()
    drifted = decides is not None and _drift_says_act(decides, now)
    new = new_labels(now)
    counted = f"{new:,} labels came since the last training"
    enough = bool(wanted) and new >= wanted
    if not (enough or drifted):
        if not wanted:
            return Due("", f"{counted}; training by their number is off (RETRAIN_NEW_LABELS).")
        return Due("", f"{counted}; at {wanted:,} the next one starts by itself.")
    if reason := _held_back(now):
        return Due("", f"{counted}. {reason}")
    if drifted:
        return Due(Cause.DRIFT, "The traffic moved away from what the model was trained on.")
    return Due(Cause.FIRST if decides is None else Cause.LABELS, f"{counted}.")


def new_labels(now: dt.datetime) -> int:
    """Labels that became known after what the newest training that made a model knew. Two
    queries."""
    done = TrainingRun.objects.filter(state=State.DONE).order_by("-known_by").first()
    since: dt.datetime | None = None
    if done is not None:
        since = done.known_by
    else:  # a model of before this was kept, or brought from elsewhere
        newest = ModelVersion.objects.order_by("-made_at").only("made_at").first()
        since = newest.made_at if newest else None
    labels = Label.objects.filter(known_at__lte=now)
    if since is not None:
        labels = labels.filter(Q(known_at__gt=since) | Q(recorded_at__gt=since))
    return labels.count()


def latest_runs() -> list[TrainingRun]:
    """Those that people may want to know of (one query)."""
    return list(TrainingRun.objects.order_by("-started_at")[:5])


def labels_told() -> str:
    """How many labels there are, and how many a first model needs. Two queries."""
    labels = current_labels(Label.objects.all())
    found = Label.objects.filter(pk__in=labels.values("pk")).aggregate(
        told=Count("pk"), frauds=Count("pk", filter=Q(is_fraud=True))
    )
    decisions = _capped(Decision.objects.all(), FEWEST_ROWS)
    have = (
        f"There are {decisions}{'' if decisions < FEWEST_ROWS else ' or more'} decisions and "
        f"{found['told']:,} labels, {found['frauds']:,} of them fraud. "
    )
    needs = (
        f"A model needs {FEWEST_ROWS} decisions and {FEWEST_FRAUDS} frauds at least, spread over "
        "more weeks than labels take to come. "
    )
    wanted = settings.RETRAIN_NEW_LABELS
    by_itself = f"The first is trained by itself at {wanted:,} labels, or" if wanted else "Train it"
    return f"{have}{needs}{by_itself} with manage.py train_model."


def _capped(rows: QuerySet[Any], most: int) -> int:
    """How many there are, counted no further than that."""
    return rows.order_by()[:most].count()


def _drift_says_act(model: ModelVersion, now: dt.datetime) -> bool:
    """Not once it has led to a training."""
    if settings.DRIFT_ACTION != "retrain":
        return False
    last = DriftReport.objects.filter(model=model).order_by("-day").first()
    if last is None or last.verdict != DriftReport.Verdict.ACT:
        return False
    fresh = now - last.made_at < dt.timedelta(days=2)
    since = TrainingRun.objects.filter(state=State.DONE, model__isnull=False)
    return (
        fresh
        and not since.filter(
            cause=Cause.DRIFT, started_at__gte=now - dt.timedelta(days=settings.DRIFT_DAYS)
        ).exists()
    )


def _held_back(now: dt.datetime) -> str:
    """Why a training that is wanted does not start; empty when it may."""
    latest = TrainingRun.objects.order_by("-started_at").first()
    if latest is None:
        return ""
    apart = dt.timedelta(hours=settings.RETRAIN_HOURS)
    if latest.state == State.DONE and now - latest.started_at < apart:
        return f"Trainings start {settings.RETRAIN_HOURS} hours apart (RETRAIN_HOURS)."
    same = latest.mark == known_labels_by(now).mark and now - latest.started_at < TRY_AGAIN
    if same and latest.state in {State.REFUSED, State.FAILED}:
        return f"The last one came to nothing on the same labels: {latest.said}"
    return _cut_off_too_often(now)


def _cut_off_too_often(now: dt.datetime) -> str:
    """Whatever labels came meanwhile: what kills a training kills the next one as well."""
    done = TrainingRun.objects.filter(state=State.DONE).order_by("-started_at").first()
    begun = TrainingRun.objects.filter(
        state__in=[State.RUNNING, State.FAILED], started_at__gt=now - TRY_AGAIN
    )
    if done is not None:
        begun = begun.filter(started_at__gt=done.started_at)
    newest = list(begun.order_by("-started_at")[:MOST_BEGUN])
    if len(newest) < MOST_BEGUN:
        return ""
    again = newest[-1].started_at + TRY_AGAIN
    return (
        f"{MOST_BEGUN} were begun within {TRY_AGAIN.days} days, and none came to its end: they "
        f"broke or were cut off, as for want of memory. The next starts by itself on "
        f"{again:%d %B at %H:%M} UTC at the earliest, or with manage.py train_model."
    )
