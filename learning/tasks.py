"""Background work of this room. Each task may run twice without harm."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from foundation.audit import Actor
from foundation.errors import Problem
from foundation.models import User
from learning.errors import ArchiveBusy, BadHistory, NoBaseline, TrainingBusy
from learning.metrics import RUNS_FAILED

log = logging.getLogger(__name__)

SECONDS = 45.0
"""A run ends after so long, and the next one goes on: other work waits for this worker too."""

SEARCH_SECONDS = 300.0
FIRST_SECONDS = 15.0
DEMO_MATURITY_DAYS = 14.0
"""In the demo's world, what nobody complained of for two weeks is in order."""


@shared_task(name="learning.tasks.train_model")
def train_model(institution: str | None = None, seconds: float = SEARCH_SECONDS) -> str | None:
    """Trains on what is known by now and registers a candidate; its version.

    None, with a line in the log, when there is nothing to learn from yet or another training runs.
    """
    from learning import teaching

    try:
        model = teaching.train_model(by="scheduler", institution=institution, seconds=seconds)
    except (BadHistory, TrainingBusy) as error:
        log.warning("No model was trained: %s", error)
        return None
    return str(model.version)


@shared_task(name="learning.tasks.train_first_model")
def train_first_model() -> None:
    """The demo's first model, on its history; nothing where a model ever decided."""
    from learning.archive.exporting import export
    from learning.retraining.services import train_first

    try:
        export(seconds=SECONDS)
    except ArchiveBusy:
        log.info("The archive is being written by another process")
    train_first(seconds=FIRST_SECONDS, maturity_days=DEMO_MATURITY_DAYS)


@shared_task(name="learning.tasks.retrain")
def retrain() -> str | None:
    """Trains anew when enough labels came or the traffic moved; the version, if any."""
    from learning.retraining.services import retrain_if_due

    model = retrain_if_due(seconds=SEARCH_SECONDS)
    return str(model.version) if model else None


@shared_task(name="learning.tasks.compare_models")
def compare_models(run: int) -> None:
    """Makes a comparison that somebody asked for."""
    from learning.registry.asking import run_comparison

    run_comparison(run)


def compare_later(run: int) -> bool:
    """Hands it to a worker; False when the broker does not answer."""
    try:
        compare_models.apply_async((run,), retry=False, expires=600)
    except OperationalError as error:
        log.warning("Comparison %s is not made: %s", run, type(error).__name__)
        return False
    return True


@shared_task(name="learning.tasks.watch_drift")
def watch_drift() -> None:
    """Compares the traffic of the last days with what the champion was trained on."""
    from learning.drift import watching

    try:
        watching.watch_drift(by="scheduler")
    except NoBaseline as error:
        log.warning("Drift cannot be told: %s", error.detail)


@shared_task(name="learning.tasks.suggest_weights")
def suggest_weights(asked_by: int | None = None) -> None:
    """Works out what rules' weights should be by outcomes, for every vertical; in the name of the
    person who asked for it, else of the scheduler."""
    from learning.weights import services

    by: Actor = "scheduler" if asked_by is None else User.objects.get(pk=asked_by)
    try:
        services.suggest_weights(by=by)
    except Problem as refused:
        log.warning("No weights were worked out: %s", refused.detail)


def suggest_weights_later(asked_by: int) -> bool:
    """Hands it to a worker; False when the broker does not answer."""
    try:
        suggest_weights.apply_async((asked_by,), retry=False, expires=600)
    except OperationalError as error:
        log.warning("No weights are worked out: %s", type(error).__name__)
        return False
    return True


@shared_task(name="learning.tasks.export_archive")
def export_archive() -> None:
    """Exports what is settled, and merges files if nothing is left to export.

    A store that does not answer is logged; the next run tries again.
    """
    # Late: Polars must not start its threads in the parent process, which forks.
    from learning.archive.compacting import compact
    from learning.archive.exporting import export

    try:
        if export(seconds=SECONDS).complete:
            compact()
    except ArchiveBusy:
        log.info("The archive is being written by another process")
    except Exception:
        RUNS_FAILED.inc()
        log.exception("The archive could not be written")
