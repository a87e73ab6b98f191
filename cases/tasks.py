"""Background work of this room. Each task may run twice without harm."""

import logging
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError

from cases.bulk import picking, running
from cases.files.attachments import remove_orphans
from cases.queues import duties, handing_out
from cases.services.closing import UNDO_SECONDS, close_due, close_if_due

log = logging.getLogger(__name__)


@shared_task(name="cases.tasks.close_case")
def close_case(case_id: int) -> None:
    close_if_due(case_id=case_id)


@shared_task(name="cases.tasks.close_due_cases")
def close_due_cases() -> None:
    close_due()


@shared_task(name="cases.tasks.remove_orphan_files")
def remove_orphan_files() -> None:
    remove_orphans()


def close_later(case_id: int) -> None:
    """Asks for the closing as soon as it is due. Without a broker the sweep does it."""
    try:
        close_case.apply_async((case_id,), countdown=UNDO_SECONDS + 0.2, retry=False)
    except OperationalError as error:
        log.warning("Case %s is left to the sweep: %s", case_id, type(error).__name__)


@shared_task(name="cases.tasks.warn_of_due_cases")
def warn_of_due_cases() -> None:
    duties.warn_of_due()


@shared_task(name="cases.tasks.wake_cases")
def wake_cases() -> None:
    duties.wake()


@shared_task(name="cases.tasks.release_idle_cases")
def release_idle_cases() -> None:
    duties.release_idle()
    duties.release_orphaned()


@shared_task(name="cases.tasks.hand_out_cases")
def hand_out_cases() -> None:
    handing_out.hand_out()


@shared_task(name="cases.tasks.run_bulk")
def run_bulk(bulk_id: str) -> None:
    """A part of it; then it queues up again, so that it holds nothing up."""
    if running.run_some(UUID(bulk_id)):
        run_bulk_later(UUID(bulk_id))


def run_bulk_later(bulk_id: UUID) -> None:
    """Hands it to a worker. Without a broker the sweep does it some minutes later."""
    try:
        run_bulk.apply_async((str(bulk_id),), retry=False)
    except OperationalError as error:
        log.warning("Bulk action %s is left to the sweep: %s", bulk_id, type(error).__name__)


@shared_task(name="cases.tasks.tend_bulk")
def tend_bulk() -> None:
    """Goes on with what a dead worker left, and forgets what was never started."""
    for pk in running.left_alone():
        run_bulk_later(pk)
    picking.forget_drafts()
