"""A verdict that can be taken back for some seconds, and then takes effect by itself.

    close_soon -> Closing row -> close_if_due (a task with a countdown, and a sweep) -> decide

Nothing leaves the house before: no label, no outcome, no event. The row alone carries the verdict,
so it survives a lost message or a dead worker, and to close twice is to find no row.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone as clock

from cases.models import Case, CaseEntry, Closing
from cases.services.changing import HARMLESS, lock, locked
from cases.services.undoing import take_back
from cases.services.working import WORK, check_decision, decide, demand_own, take
from foundation import audit
from foundation.errors import Conflict, Forbidden, Problem
from foundation.models import User
from foundation.permissions import require

log = logging.getLogger(__name__)

UNDO_SECONDS: Final = 10
SWEPT_AT_ONCE: Final = 200


@transaction.atomic
def close_soon(
    *,
    case_id: int,
    disposition: str,
    by: User,
    reason: str,
    typology: str = "",
    version: int | None = None,
) -> Closing:
    """Keeps a verdict for UNDO_SECONDS, after which `decide` is asked to close the case.

    Raises what `decide` raises. A supervisor who decides a case that nobody has claims it.
    """
    require(by, WORK)
    check_decision(disposition, reason, typology)
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    if case.assignee_id is None:
        take(case, by)
    closing = Closing.objects.create(
        case=case,
        disposition=disposition,
        typology=typology,
        reason=reason,
        by=by,
        version=case.version,
        effective_at=clock.now() + timedelta(seconds=UNDO_SECONDS),
    )
    audit.record(
        actor=by,
        action="cases.closing",
        subject=f"cases.case:{case.pk}",
        after={"disposition": disposition, "typology": typology},
        institution_id=case.institution_id,
    )
    return closing


@transaction.atomic
def undo(*, case_id: int, by: User) -> CaseEntry:
    """Takes one's own verdict back; the timeline's entry holds what it was.

    Raises Conflict when it has taken effect already, or was taken back; Forbidden when it is
    somebody else's.
    """
    require(by, WORK)
    case = lock(case_id, by=by)
    closing = Closing.objects.select_related("by", "case").filter(pk=case.pk).first()
    if closing is None:
        raise Conflict(_too_late(case), type="case-decided")
    if closing.by_id != by.pk:
        raise Forbidden(f"Only {closing.by} can take this verdict back.", type="case-not-yours")
    return take_back(closing, by=by)


def close_due(*, now: datetime | None = None) -> int:
    """Closes what is due; how many. Each in a transaction of its own: one that fails unforeseen is
    logged and tried again by the next sweep, and keeps no other waiting."""
    due = Closing.objects.filter(effective_at__lte=now or clock.now()).order_by("effective_at")
    numbers = due.values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    return sum(_closes(number, now) for number in list(numbers))


def _closes(case_id: int, now: datetime | None) -> bool:
    try:
        return close_if_due(case_id=case_id, now=now)
    except Exception:
        log.exception("The verdict on case %s did not take effect", case_id)
        return False


@transaction.atomic
def close_if_due(*, case_id: int, now: datetime | None = None) -> bool:
    """Lets the verdict on this case take effect; false when it was taken back, or is not due.

    What can no longer be done (the case changed, the person may not any more) is not: the timeline
    says so, and the case stays as it is.
    """
    case = Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()
    closing = Closing.objects.select_related("by", "case").filter(pk=case_id).first()
    if case is None or closing is None or closing.effective_at > (now or clock.now()):
        return False
    try:
        with transaction.atomic():
            Closing.objects.filter(pk=case_id).delete()  # it would keep the case from any change
            decide(
                case_id=case_id,
                disposition=closing.disposition,
                typology=closing.typology,
                reason=closing.reason,
                by=_fresh(closing.by),
                version=_version_to_close(case, closing),
            )
    except Problem as problem:
        take_back(closing, by=None, why=f"Not closed: {problem.detail}")
        return False
    return True


def _version_to_close(case: Case, closing: Closing) -> int:
    """The present one when all that raised it since the verdict leaves the verdict standing."""
    given = closing.effective_at - timedelta(seconds=UNDO_SECONDS)
    steps = CaseEntry.objects.filter(case=case, at__gte=given, kind__in=HARMLESS).count()
    return case.version if case.version == closing.version + steps else closing.version


def pending_of(user: User) -> Closing | None:
    """The person's latest verdict that can still be taken back. One query."""
    mine = Closing.objects.filter(by=user, effective_at__gt=clock.now())
    return mine.order_by("-effective_at").first()


def _fresh(user: User) -> User:
    """With the permissions that the person has now."""
    return User.objects.get(pk=user.pk)


def _too_late(case: Case) -> str:
    if case.status == Case.Status.CLOSED:
        return "The verdict has taken effect: the case is closed. A supervisor can reopen it."
    return "There is no verdict to take back."
