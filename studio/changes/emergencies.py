"""Publishing without an approval, when waiting would cost more; somebody else looks at it later."""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone as clock

from foundation import approvals
from foundation.errors import Forbidden
from foundation.models import User
from foundation.outbox import publish
from foundation.permissions import require
from rules.errors import Finding, Invalid
from rules.publishing import in_force
from studio.changes.editing import lock
from studio.changes.errors import ChangeRefused
from studio.changes.preflight import look_over
from studio.changes.proposing import APPROVE
from studio.changes.publishing import publish_locked
from studio.changes.timeline import authors_of, note_down, subject_of
from studio.events import EmergencyPublished, ReviewOverdue
from studio.models.changes import ChangeSet, EmergencyReview

log = logging.getLogger(__name__)

EMERGENCY: Final = "studio.publish_emergency"
State = ChangeSet.State


@transaction.atomic
def publish_now(
    *, by: User, change_set: ChangeSet, reason: str, revision: int | None = None
) -> ChangeSet:
    """Brings it into force at once, whoever else should have agreed; opens a review by another.

    What waits for approval is taken back first (by who asked for it). Raises Invalid without a
    reason, ChangeRefused with what the pre-flight found, Outdated.
    """
    require(by, EMERGENCY)
    if not reason.strip() or "\0" in reason:
        raise Invalid([Finding("reason", "Say what the emergency is.")])
    if change_set.state == State.PROPOSED and change_set.approval is not None:
        approvals.cancel(request=change_set.approval, by=by)
    locked = lock(change_set)
    if locked.state == State.PUBLISHED or locked.state == State.REJECTED:
        raise ChangeRefused(f"It {locked.stands}.")
    if locked.state == State.PROPOSED:  # by somebody, since the caller looked
        raise ChangeRefused("It was proposed meanwhile. Look at it again.")
    if revision is not None and locked.state == State.DRAFT and locked.revision != revision:
        raise ChangeRefused("The change set was changed meanwhile. Look at it again.")
    found = look_over(locked)
    if found.errors:
        raise ChangeRefused(" ".join(f"{one.code}: {one.words}" for one in found.errors))
    locked.base, locked.preflight = in_force(), found.as_dict()
    locked.proposed_by, locked.proposed_at = by, clock.now()
    locked.reason, locked.publish_at, locked.approval = reason.strip(), None, None
    note_down(locked, "emergency", by, reason.strip())
    publish_locked(locked, by=by)
    review = EmergencyReview.objects.create(
        change_set=locked,
        reason=reason.strip(),
        published_by=by,
        due_at=clock.now() + timedelta(hours=settings.EMERGENCY_REVIEW_HOURS),
    )
    told = EmergencyPublished(
        change_set=locked.pk, by=by.get_username(), due=review.due_at.isoformat()
    )
    publish(told, subject=subject_of(locked))
    return locked


@transaction.atomic
def review_emergency(
    *, by: User, change_set: ChangeSet, is_fine: bool, comment: str
) -> EmergencyReview:
    """Somebody else's word on it, once. Not fine means: roll it back or mend it; that is not done
    here. Raises Forbidden for who published or wrote it, Invalid without a comment."""
    require(by, APPROVE)
    if not comment.strip() or "\0" in comment:
        raise Invalid([Finding("comment", "Say what you looked at and found.")])
    review = EmergencyReview.objects.select_for_update(of=("self",)).get(change_set=change_set)
    if by.pk == review.published_by_id or by.pk in authors_of(change_set):
        raise Forbidden("Nobody reviews what they published or wrote.", type="self-approval")
    if review.reviewed_at is not None:
        raise ChangeRefused("It has been reviewed already.")
    review.reviewed_by, review.reviewed_at = by, clock.now()
    review.is_fine, review.comment = is_fine, comment.strip()
    review.save()
    kind = "reviewed" if is_fine else "objected"
    note_down(change_set, kind, by, comment.strip(), after={"is_fine": is_fine})
    return review


def open_reviews() -> QuerySet[EmergencyReview]:
    """What still waits for another person's look, first due first."""
    rows = EmergencyReview.objects.filter(reviewed_at=None)
    return rows.select_related("change_set", "published_by").order_by("due_at")


def alert_overdue() -> int:
    """Tells once of each review that nobody did in time; how many."""
    told = 0
    for review in open_reviews().filter(due_at__lte=clock.now(), alerted_at=None):
        with transaction.atomic():
            mine = EmergencyReview.objects.filter(pk=review.pk, alerted_at=None)
            if not mine.update(alerted_at=clock.now()):
                continue  # another process was faster
            who = review.published_by.get_username()
            event = ReviewOverdue(change_set=review.change_set_id, by=who)
            publish(event, subject=subject_of(review.change_set))
            note_down(review.change_set, "overdue", "scheduler", "nobody reviewed it in time")
            told += 1
    return told
