"""Writing down what becomes of a training, whoever started it."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone as clock

from foundation.audit import Actor, actor_name, record
from foundation.outbox import publish
from learning.events import TrainingEnded
from learning.retraining.models import TrainingRun
from scoring.serving.models import ModelVersion
from transactions.models import Label

State = TrainingRun.State
STALE: Final = dt.timedelta(days=1)
"""After so long a training that was cut off begins anew, with what came since."""

INTERRUPTED: Final = "It was interrupted; the next one goes on where it was."


@dataclass(frozen=True, slots=True)
class Known:
    """The labels of a moment: how many, and one word for them."""

    labels: int
    mark: str


def known_labels_by(moment: dt.datetime, *asked: object) -> Known:
    """The labels known at a moment, and a mark that changes with them and with what else was asked
    for. One query."""
    found = Label.objects.filter(known_at__lte=moment).aggregate(
        n=Count("pk"), last=Max("recorded_at")
    )
    text = repr((found["n"], found["last"], *asked))
    return Known(found["n"], hashlib.sha256(text.encode()).hexdigest())


def moment_of_one_cut_off(*asked: object) -> dt.datetime | None:
    """What the latest training knew, if it was cut off within a day and the labels of that moment
    are still the same; else None. For who holds the lock: whatever runs according to the table was
    cut off. Two queries."""
    last = TrainingRun.objects.order_by("-started_at").first()
    if last is None or last.state != State.RUNNING or clock.now() - last.started_at > STALE:
        return None
    return last.known_by if known_labels_by(last.known_by, *asked).mark == last.mark else None


@transaction.atomic
def begin(*, cause: str, known: Known, known_by: dt.datetime, by: Actor) -> TrainingRun:
    """Of a training that holds the lock: whatever else runs according to the table was cut off, and
    is told to have ended so."""
    for left in TrainingRun.objects.filter(state=State.RUNNING):
        end(left, state=State.FAILED, said=INTERRUPTED, by=by, model=None)
    run = TrainingRun.objects.create(
        cause=cause,
        mark=known.mark,
        labels=known.labels,
        known_by=known_by,
        made_by=actor_name(by),
        said="Reading decisions and labels.",
    )
    record(actor=by, action="model.training_began", subject=_subject(run), after={"cause": cause})
    return run


@transaction.atomic
def end(run: TrainingRun, *, state: str, said: str, by: Actor, model: ModelVersion | None) -> None:
    """Stores how it ended, and tells it by an event."""
    run.state, run.said, run.model = state, said[:400], model
    run.ended_at = clock.now()
    run.save(update_fields=["state", "said", "model", "ended_at"])
    after = {"state": state, "said": run.said, "model": model.version if model else ""}
    record(actor=by, action="model.training_ended", subject=_subject(run), after=after)
    version = model.version if model else ""
    publish(
        TrainingEnded(run.pk, run.cause, state, run.said, version), subject=f"training {run.pk}"
    )


def _subject(run: TrainingRun) -> str:
    return f"learning.trainingrun:{run.pk}"
