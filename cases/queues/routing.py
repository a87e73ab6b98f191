"""Which shared queue takes charge of a new case, and the times that it sets."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cases.models import Case, Queue
from cases.queues.filters import Asked
from cases.queues.priority import TIME_TO_DECIDE

WARN_MINUTES: Final = 60
"""Before the due time of a case that no queue has taken charge of."""


def shared_queues() -> list[Queue]:
    """In the order in which they are asked; one query."""
    return list(Queue.objects.filter(owner=None))


def queue_for(case: Case, queues: Sequence[Queue]) -> Queue | None:
    """The first whose filter the case passes."""
    return next((queue for queue in queues if Asked.kept(queue.filters).passes(case)), None)


def due_at(queue: Queue | None, level: str, since: datetime) -> datetime:
    if queue is None:
        return since + TIME_TO_DECIDE[level]
    hours = {"critical": queue.hours_critical, "high": queue.hours_high}
    return since + timedelta(hours=hours.get(level, queue.hours_medium))


def take_charge(cases: Iterable[Case], now: datetime) -> None:
    """Gives new cases, unsaved, their queue and due time; one query."""
    queues = shared_queues()
    for case in cases:
        case.queue = queue_for(case, queues)
        case.due_at = due_at(case.queue, case.level, now)
