"""One case of two: what is one story is judged once."""

from typing import Final

from django.db import transaction
from django.utils import timezone as clock

from cases.alerts.joining import lock_customers
from cases.models import Alert, Case, CaseEntry
from cases.queues.priority import rank
from cases.services.changing import change, locked, seen
from cases.services.working import WORK, demand_own
from foundation.errors import BadRequest, Conflict, FieldError
from foundation.models import User
from foundation.permissions import require

LONGEST_REASON: Final = 2_000


@transaction.atomic
def merge(
    *,
    case_id: int,
    into: int,
    by: User,
    reason: str,
    version: int | None = None,
    into_version: int | None = None,
) -> Case:
    """Moves the alerts of a case to another, which is returned, and closes it without a verdict.

    Later alerts of its customer join the other as long as that is open. The other must be one's
    own, and this one's own or nobody's; supervisors merge any. Notes and files stay where they are.

    Raises NotFound when either is not there for the person; Conflict when either is closed, about
    to be closed or has changed; BadRequest when both are one, or of two institutions.
    """
    require(by, WORK)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise BadRequest("Say why.", errors=[FieldError("reason", "is required", "missing")])
    if case_id == into:
        raise BadRequest("A case is not merged into itself.", errors=[FieldError("into", "same")])
    source, target = _both(case_id, into, version, into_version, by)
    if source.assignee_id is not None:
        demand_own(source, by)
    demand_own(target, by)
    moved = Alert.objects.filter(case=source).update(case=target)
    # Those merged into this one earlier: their customers' alerts follow.
    Case.objects.filter(merged_into=source).update(merged_into=target)
    change(
        source,
        kind=CaseEntry.Kind.MERGED,
        by=by,
        text=reason,
        facts={"into": target.pk, "alerts": moved},
        status=Case.Status.CLOSED,
        closed_at=clock.now(),
        merged_into=target,
        snoozed_until=None,
    )
    _take_over(source, target, by=by, reason=reason, moved=moved)
    return target


def _both(
    case_id: int, into: int, version: int | None, into_version: int | None, by: User
) -> tuple[Case, Case]:
    """Locked, customers first, as whoever opens cases does.

    Whether they are of one institution is asked ahead of anything that tells of either.
    """
    found = Case.objects.filter(pk__in=(case_id, into)).only("customer_id", "institution_id")
    rows = {case.pk: case for case in found}
    for pk in (case_id, into):
        seen(rows.get(pk), by)
    if rows[case_id].institution_id != rows[into].institution_id:
        raise BadRequest(
            "The cases are of two institutions.", errors=[FieldError("into", "institution")]
        )
    lock_customers(sorted({case.customer_id for case in rows.values()}))
    versions = {case_id: version, into: into_version}
    cases = {pk: _locked(pk, versions[pk], by) for pk in sorted(versions)}
    return cases[case_id], cases[into]


def _locked(pk: int, version: int | None, by: User) -> Case:
    try:
        return locked(pk, by=by, version=version)
    except Conflict as conflict:
        raise Conflict(f"Case {pk}: {conflict.detail}", type=conflict.type) from None


def _take_over(source: Case, target: Case, *, by: User, reason: str, moved: int) -> None:
    """The stakes of both, the earlier due time, the higher score."""
    worse = source if source.score > target.score else target
    loss = target.loss + source.loss
    change(
        target,
        kind=CaseEntry.Kind.MERGED,
        by=by,
        text=reason,
        facts={"from": source.pk, "alerts": moved},
        amount=target.amount + source.amount,
        amount_usd=target.amount_usd + source.amount_usd,
        loss=loss,
        rank=rank(loss, target.opened_at),
        score=worse.score,
        level=worse.level,
        codes=sorted({*target.codes, *source.codes}),
        suspected=worse.suspected or target.suspected or source.suspected,
        due_at=min(target.due_at, source.due_at),
    )
