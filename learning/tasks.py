"""Background work of this room. Each task may run twice without harm."""

import logging

from celery import shared_task
from django.utils import timezone as clock

from learning.errors import ArchiveBusy, BadHistory, TrainingBusy
from learning.metrics import RUNS_FAILED

log = logging.getLogger(__name__)

SECONDS = 45.0
"""A run ends after so long, and the next one goes on: other work waits for this worker too."""


@shared_task(name="learning.tasks.train_model")
def train_model(institution: str | None = None, seconds: float = 300.0) -> str | None:
    """Trains on what is known by now and registers a candidate; its version.

    None, with a line in the log, when there is nothing to learn from yet or another training runs.
    """
    from learning import teaching

    try:
        model = teaching.train_model(
            by="scheduler", known_by=clock.now(), institution=institution, seconds=seconds
        )
    except (BadHistory, TrainingBusy) as error:
        log.warning("No model was trained: %s", error)
        return None
    return str(model.version)


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
