"""Trainings that the installation starts by itself."""

import datetime as dt
import logging
from typing import Final

from django.conf import settings
from django.utils import timezone as clock

from learning.errors import BadHistory, TrainingBusy
from learning.retraining.due import due
from learning.retraining.models import TrainingRun
from scoring.serving.errors import ModelRefused
from scoring.serving.models import ModelVersion
from scoring.serving.services import start_shadow

log = logging.getLogger(__name__)
Cause = TrainingRun.Cause
BY: Final = "scheduler"


def retrain_if_due(*, seconds: float, now: dt.datetime | None = None) -> ModelVersion | None:
    """Trains when that is due, and puts what comes of it beside the champion (RETRAIN_TO_SHADOW).

    It never decides by that; only the first model of an installation does. None when nothing is
    due, another training runs, or nothing can be learned: then the training's row says why.
    """
    from learning import teaching

    moment = now or clock.now()
    wanted = due(moment)
    if not wanted.cause:
        return None
    try:
        model = teaching.train_model(by=BY, known_by=moment, seconds=seconds, cause=wanted.cause)
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


def train_first(*, seconds: float, maturity_days: float | None = None) -> TrainingRun | None:
    """Trains the model that decides first, unless there ever was one, or it came to nothing on
    these very labels: then the row of that training. None while another training runs."""
    from learning import teaching
    from learning.retraining.journal import known_labels_by

    if ModelVersion.objects.exclude(promoted_at=None).exists():
        return TrainingRun.objects.filter(model__promoted_at__isnull=False).first()
    moment = clock.now()
    before = TrainingRun.objects.order_by("-started_at").first()
    nothing = before is not None and before.state == TrainingRun.State.REFUSED
    if nothing and before is not None and before.mark == known_labels_by(moment).mark:
        return before
    try:
        teaching.train_model(
            by=BY, known_by=moment, seconds=seconds, cause=Cause.FIRST, maturity_days=maturity_days
        )
    except BadHistory as error:
        log.warning("No first model was trained: %s", error)
    except TrainingBusy:
        return None
    return TrainingRun.objects.order_by("-started_at").first()
