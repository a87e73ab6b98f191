"""Trainings that the installation starts by itself."""

import datetime as dt
import logging
from typing import Final

from django.conf import settings
from django.utils import timezone as clock

from learning.errors import BadHistory, TrainingBusy
from learning.retraining.due import due
from learning.retraining.journal import known_labels_by
from learning.retraining.models import TrainingRun
from scoring.serving.errors import ModelRefused
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion, start_shadow

log = logging.getLogger(__name__)
Cause = TrainingRun.Cause
State = TrainingRun.State
BY: Final = "scheduler"


def retrain_if_due(*, seconds: float, now: dt.datetime | None = None) -> ModelVersion | None:
    """Trains when that is due, and puts what comes of it beside the champion (RETRAIN_TO_SHADOW).

    It never decides by that; only the first model of an installation does. None when nothing is
    due, another training runs, or nothing can be learned: then the training's row says why.
    """
    from learning import teaching

    wanted = due(now or clock.now())
    if not wanted.cause:
        return None
    try:
        model = teaching.train_model(by=BY, known_by=now, seconds=seconds, cause=wanted.cause)
    except (BadHistory, TrainingBusy) as error:
        log.warning("No model was trained: %s", error)
        return None
    return put_beside(model) if settings.RETRAIN_TO_SHADOW else model


def put_beside(model: ModelVersion) -> ModelVersion:
    """A candidate becomes a challenger; where there is no place, it stays what it is and its
    training says so."""
    if model.state != ModelVersion.State.CANDIDATE:
        return model
    try:
        return start_shadow(model=model, by=BY, reason="Trained by the schedule.")
    except ModelRefused as refused:
        log.warning("%s stays a candidate: %s", model, refused.detail)
        run = TrainingRun.objects.filter(model=model).first()
        if run is not None:
            run.said = f"{run.said} It stays a candidate: {refused.detail}"[:400]
            run.save(update_fields=["said"])
        return model


def settled_first() -> str:
    """How the matter of the first model stands where nothing is to be done about it: a model
    decides, or training came to nothing on these very labels. Else empty."""
    decides = champion()
    if decides is not None:
        return f"{decides} is in force."
    if ModelVersion.objects.exclude(promoted_at=None).exists():
        return "a model decided before; Models in the admin brings it back."
    last = TrainingRun.objects.order_by("-started_at").first()
    if last is None or last.state not in {State.REFUSED, State.DONE}:
        return ""
    if last.mark != known_labels_by(clock.now()).mark:
        return ""
    return f"none is in force. {last.said}"


def train_first(*, seconds: float, maturity_days: float | None = None) -> None:
    """Trains the model that decides first, where that is not settled."""
    from learning import teaching

    if settled_first():
        return
    try:
        teaching.train_model(
            by=BY,
            seconds=seconds,
            cause=Cause.FIRST,
            maturity_days=maturity_days,
        )
    except (BadHistory, TrainingBusy) as error:
        log.warning("No first model was trained: %s", error)
