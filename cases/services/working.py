"""What an analyst does with a case: claim, note, set aside, hand over, decide."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone as clock

from cases.alerts.joining import lock_customers
from cases.models import Case, CaseEntry
from cases.queues.filters import Filter, waiting
from cases.queues.routing import due_at
from cases.services import four_eyes
from cases.services.changing import change, lock, locked, refuse_while_closing
from cases.services.deciding import close
from cases.services.mentions import mention, mentioned_in
from cases.typologies import is_typology
from clients.queries import user_institutions
from foundation.errors import BadRequest, Conflict, FieldError, Forbidden
from foundation.models import User
from foundation.permissions import require
from foundation.scopes import visible_institutions

WORK: Final = "cases.work_case"
SUPERVISE: Final = "cases.supervise_case"
_WITH_TYPOLOGY: Final = frozenset({Case.Disposition.CONFIRMED_FRAUD, Case.Disposition.SUSPECTED})


@transaction.atomic
def claim_next(*, by: User, which: Filter) -> Case | None:
    """The most valuable unclaimed case, now the person's; None when nothing waits.

    Cases that somebody else is claiming at this moment are passed by, so nobody waits and no case
    goes to two. Only those of the person's institutions, and no escalated one to who does not
    supervise, whatever `which` asks for.
    """
    require(by, WORK)
    case = waiting(_within(which, by)).select_for_update(skip_locked=True, of=("self",)).first()
    if case is not None:
        take(case, by)
    return case


@transaction.atomic
def claim(*, case_id: int, by: User, version: int | None = None) -> Case:
    """Raises Conflict when somebody else has it, Forbidden when it is escalated and the person does
    not supervise. Claiming one's own changes nothing."""
    require(by, WORK)
    case = locked(case_id, by=by, version=version)
    if case.assignee_id == by.pk:
        return case
    if case.assignee_id is not None:
        raise Conflict(f"{case.assignee} has claimed the case.", type="case-claimed")
    if case.status == Case.Status.ESCALATED and not by.has_perm(SUPERVISE):
        raise Forbidden("The case is escalated: a supervisor takes it.", type="case-escalated")
    take(case, by)
    return case


def _within(which: Filter, by: User) -> Filter:
    """The same, narrowed to what the person may take."""
    seen = visible_institutions(by)
    if seen is not None and which.institutions is not None:
        seen = sorted({*seen} & {*which.institutions})
    asked = which.institutions if seen is None else seen
    escalated = which.but_escalated or not by.has_perm(SUPERVISE)
    return replace(which, institutions=asked, but_escalated=escalated)


def take(case: Case, by: User) -> None:
    status = Case.Status.IN_PROGRESS if case.status == Case.Status.OPEN else case.status
    change(
        case,
        kind=CaseEntry.Kind.CLAIMED,
        by=by,
        assignee=by,
        status=status,
        snoozed_until=None,
    )


@transaction.atomic
def release(*, case_id: int, by: User, version: int | None = None) -> Case:
    """Gives the case back to the queue; an escalated one to the supervisors."""
    require(by, WORK)
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    change(case, kind=CaseEntry.Kind.RELEASED, by=by, assignee=None, status=given_back(case))
    return case


def given_back(case: Case) -> str:
    """Its status when nobody has it any more: what was escalated still waits for a supervisor."""
    escalated = case.status == Case.Status.ESCALATED
    return Case.Status.ESCALATED if escalated else Case.Status.OPEN


@transaction.atomic
def assign(*, case_id: int, to: User, by: User, version: int | None = None) -> Case:
    """Hands the case to somebody who may work on it: one's own, or as a supervisor anybody's."""
    case = locked(case_id, by=by, version=version)
    if case.assignee_id != by.pk:
        require(by, SUPERVISE)
    require(by, WORK)
    if not to.is_active or not to.has_perm(WORK):
        raise BadRequest(f"{to} cannot work on cases.", errors=[FieldError("to", "cannot")])
    if not user_institutions(to).filter(pk=case.institution_id).exists():
        raise BadRequest(
            f"{to} does not work for the case's institution.", errors=[FieldError("to", "scope")]
        )
    status = Case.Status.IN_PROGRESS if case.status == Case.Status.OPEN else case.status
    change(
        case,
        kind=CaseEntry.Kind.ASSIGNED,
        by=by,
        facts={"to": to.pk, "name": to.get_username()},
        assignee=to,
        status=status,
    )
    return case


@transaction.atomic
def note(*, case_id: int, by: User, text: str) -> CaseEntry:
    """Adds a note; to a closed case as well. Two notes at once are both kept.

    People named in it with an @ find it on their first page. Raises BadRequest naming those who
    cannot see the case.
    """
    require(by, WORK)
    text = text.strip()
    if not 0 < len(text) <= 10_000:
        message = "must have 1 to 10,000 characters"
        raise BadRequest(f"A note {message}.", errors=[FieldError("text", message)])
    case = lock(case_id, by=by)
    refuse_while_closing(case)
    people = mentioned_in(text, case)
    entry = change(case, kind=CaseEntry.Kind.NOTED, by=by, text=text, facts={"length": len(text)})
    mention(people, entry)
    return entry


@transaction.atomic
def set_status(
    *, case_id: int, status: str, by: User, reason: str = "", version: int | None = None
) -> Case:
    """Waiting for somebody's answer, escalated to a supervisor, or in progress again."""
    require(by, WORK)
    if status not in {Case.Status.IN_PROGRESS, Case.Status.WAITING, Case.Status.ESCALATED}:
        raise BadRequest(f"{status!r} is reached another way.", errors=[FieldError("status", "no")])
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    if case.status != status:
        change(
            case,
            kind=CaseEntry.Kind.STATUS,
            by=by,
            text=reason,
            facts={"status": status},
            status=status,
        )
    return case


@transaction.atomic
def snooze(*, case_id: int, until: datetime, by: User, version: int | None = None) -> Case:
    """Keeps the case out of the queue until then."""
    require(by, WORK)
    if until <= clock.now():
        message = "must lie in the future"
        raise BadRequest(f"The time {message}.", errors=[FieldError("until", message)])
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    change(
        case,
        kind=CaseEntry.Kind.SNOOZED,
        by=by,
        facts={"until": until.isoformat()},
        snoozed_until=until,
    )
    return case


@transaction.atomic
def decide(
    *,
    case_id: int,
    disposition: str,
    by: User,
    reason: str,
    typology: str = "",
    version: int | None = None,
) -> Case:
    """Closes the case (`deciding`), or asks a second person where much is at risk: the case is then
    escalated, and closed once somebody else has agreed (`four_eyes`).

    Raises Conflict when the case is closed, has changed or is somebody else's; BadRequest naming
    what is missing.
    """
    require(by, WORK)
    check_decision(disposition, reason, typology)
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    if four_eyes.needed(case):
        return four_eyes.propose(
            case, disposition=disposition, typology=typology, reason=reason, by=by
        )
    return close(case, disposition=disposition, typology=typology, reason=reason, by=by)


@transaction.atomic
def reopen(*, case_id: int, by: User, reason: str) -> Case:
    """Takes a decided case up again, with its time to decide begun anew. The labels stay until
    another decision says otherwise.

    Raises Conflict when it is open, or when the customer has another one open.
    """
    require(by, SUPERVISE)
    if not reason.strip():
        raise BadRequest("Say why.", errors=[FieldError("reason", "is required", "missing")])
    lock_customers(list(Case.objects.filter(pk=case_id).values_list("customer_id", flat=True)))
    case = lock(case_id, by=by)
    if case.status != Case.Status.CLOSED:
        raise Conflict("The case is open.", type="case-open")
    if case.merged_into_id is not None:
        raise Conflict(
            f"The case was merged into case {case.merged_into_id}; work on that.",
            type="case-merged",
        )
    others = Case.objects.filter(customer_id=case.customer_id).exclude(status=Case.Status.CLOSED)
    if other := others.first():
        raise Conflict(f"The customer's case {other.pk} is open; work on that.", type="case-open")
    change(
        case,
        kind=CaseEntry.Kind.REOPENED,
        by=by,
        text=reason,
        status=Case.Status.OPEN,
        disposition="",
        typology="",
        assignee=None,
        closed_at=None,
        due_at=due_at(case.queue, case.level, clock.now()),
        warned_at=None,
    )
    return case


def demand_own(case: Case, by: User) -> None:
    """The case is the person's, or the person supervises."""
    if case.assignee_id == by.pk or by.has_perm(SUPERVISE):
        return
    whose = f"{case.assignee} has claimed it" if case.assignee_id else "nobody has claimed it"
    raise Forbidden(f"The case is not yours: {whose}.", type="case-not-yours")


def check_decision(disposition: str, reason: str, typology: str) -> None:
    errors = []
    if disposition not in Case.Disposition.values:
        errors.append(FieldError("disposition", "must be one of the four", "choice"))
    if not 0 < len(reason.strip()) <= 2_000:
        errors.append(FieldError("reason", "must have 1 to 2,000 characters", "missing"))
    if disposition == Case.Disposition.CONFIRMED_FRAUD and not typology:
        errors.append(FieldError("typology", "is required for confirmed fraud", "missing"))
    if typology and disposition not in _WITH_TYPOLOGY:
        errors.append(FieldError("typology", "goes with fraud, confirmed or suspected", "choice"))
    elif typology and not is_typology(typology):
        errors.append(FieldError("typology", "is none that we know", "choice"))
    if errors:
        raise BadRequest("; ".join(f"{e.field} {e.message}" for e in errors) + ".", errors=errors)
