"""Background work of this room. Each task may run twice without harm."""

from celery import shared_task

from cases.attachments import remove_orphans
from cases.closing import close_due, close_if_due


@shared_task(name="cases.tasks.close_case")
def close_case(case_id: int) -> None:
    close_if_due(case_id=case_id)


@shared_task(name="cases.tasks.close_due_cases")
def close_due_cases() -> None:
    close_due()


@shared_task(name="cases.tasks.remove_orphan_files")
def remove_orphan_files() -> None:
    remove_orphans()
