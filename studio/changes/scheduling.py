"""Publishing what was approved for a time. Called by the scheduler every few seconds.

1. One due change set is picked under a lock on its row; what another process holds is passed over.
2. Publishing it and marking it as published are one transaction: a process that dies at any line
   leaves it scheduled, and the next run does it; one that has committed leaves nothing to do.
3. What cannot be published is marked as failed with the reason, in a transaction that otherwise
   changes nothing, and told as an event. A database that is away is no such reason: tried again.
"""

import logging

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone as clock

from foundation.errors import Problem
from foundation.logging import redact
from studio.changes.editing import bump
from studio.changes.publishing import publish_locked
from studio.changes.timeline import note_down, tell_move
from studio.models.changes import ChangeSet

log = logging.getLogger(__name__)

ACTOR = "scheduler"


def publish_due() -> int:
    """Publishes all whose time has come, in the order of their times; how many were settled."""
    settled = 0
    while _settle_next():
        settled += 1
    return settled


@transaction.atomic
def _settle_next() -> bool:
    due = ChangeSet.objects.filter(state=ChangeSet.State.SCHEDULED, publish_at__lte=clock.now())
    change_set = (
        due.select_for_update(skip_locked=True, of=("self",)).order_by("publish_at", "pk").first()
    )
    if change_set is None:
        return False
    try:
        with transaction.atomic():
            publish_locked(change_set, by=change_set.proposed_by or ACTOR)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("A planned publication failed", extra={"change_set": change_set.pk})
        said = error.detail if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
        _fail(change_set, redact(said)[:2000])
    return True


def _fail(change_set: ChangeSet, why: str) -> None:
    change_set.refresh_from_db()  # what the attempt wrote on the object was undone
    change_set.state, change_set.failure = ChangeSet.State.FAILED, why
    bump(change_set)
    note_down(change_set, "failed", ACTOR, why, after={"state": change_set.state})
    tell_move(change_set, ACTOR)
