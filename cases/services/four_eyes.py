"""A second person for closing a case with much at risk.

    decide -> propose (the case is escalated and stands still) -> approval -> close_agreed

Nobody approves their own; rejected, taken back or out of date, the case goes on.
"""

from typing import Final

from django.conf import settings
from django.db import transaction

from cases.models import Case, CaseEntry
from cases.services.changing import HARMLESS, change, seen
from cases.services.deciding import close
from foundation import audit
from foundation.approvals import State, cancel, on_approved, request_approval, required_votes
from foundation.errors import Conflict, Forbidden
from foundation.models import ApprovalRequest, User
from foundation.permissions import require

KIND: Final = "cases.close"
_WORK: Final = "cases.work_case"
_SUPERVISE: Final = "cases.supervise_case"


def needed(case: Case) -> bool:
    """Whether closing the case takes a second person."""
    above = settings.FOUR_EYES_ABOVE_USD
    return bool(above) and case.amount_usd > above and required_votes(KIND) > 0


def propose(case: Case, *, disposition: str, typology: str, reason: str, by: User) -> Case:
    """Asks for a second person; the locked case is escalated and waits."""
    request = request_approval(
        kind=KIND,
        subject=f"cases.case:{case.pk}",
        payload={
            "case": case.pk,
            "institution": case.institution_id,
            "disposition": disposition,
            "typology": typology,
        },
        evidence={"score": case.score, "amount_usd": round(case.amount_usd, 2)},
        requested_by=by,
        reason="",  # people's words stay with the case
    )
    change(
        case,
        kind=CaseEntry.Kind.PROPOSED,
        by=by,
        text=reason,
        facts={"disposition": disposition, "typology": typology, "approval": request.pk},
        status=Case.Status.ESCALATED,
        assignee=case.assignee or by,
        snoozed_until=None,
        proposal=request,
    )
    return case


def proposal_of(request: ApprovalRequest) -> CaseEntry:
    """The entry that the request came of."""
    entries = CaseEntry.objects.select_related("case__institution", "by")
    return entries.get(
        case=request.payload["case"],
        kind=CaseEntry.Kind.PROPOSED,
        facts__approval=request.pk,
    )


@transaction.atomic
def withdraw(*, case_id: int, by: User) -> Case:
    """Takes one's own proposal back; the case goes on."""
    require(by, _WORK)
    case = seen(Case.objects.select_related("proposal").filter(pk=case_id).first(), by)
    if case.proposal is None:
        raise Conflict("No verdict waits for a second person.", type="case-decided")
    if case.proposal.requested_by_id != by.pk:
        raise Forbidden("Only who gave the verdict takes it back.", type="case-not-yours")
    cancel(request=case.proposal, by=by)
    case.refresh_from_db()
    return case


def _ended(request: ApprovalRequest, by: audit.Actor, why: str) -> None:
    """The case goes on with what was said."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=request.payload["case"])
    if case.proposal_id != request.pk:
        return
    said = {State.REJECTED: "Rejected", State.FAILED: "Approved, but not closed"}
    words = said.get(State(request.state), "Not closed")
    change(
        case,
        kind=CaseEntry.Kind.STATUS,
        by=by if isinstance(by, User) else None,
        text=f"{words}: {why}",
        facts={"status": Case.Status.IN_PROGRESS.value, "approval": request.pk},
        status=Case.Status.IN_PROGRESS,
        proposal=None,
    )


@on_approved(KIND, permission=_SUPERVISE, ended=_ended)
def close_agreed(request: ApprovalRequest) -> None:
    """Closes the case as proposed. Raises Conflict, which tells why, when it has changed since."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=request.payload["case"])
    if case.proposal_id != request.pk:
        raise Conflict("The case does not wait for this any more.", type="case-changed")
    proposal = proposal_of(request)
    if since := _since(proposal):
        raise Conflict(
            f"The case has changed since the verdict: {', '.join(since)}. It goes on; whoever has "
            "it decides again.",
            type="case-changed",
        )
    by = User.objects.get(pk=request.requested_by_id)
    require(by, _WORK)
    seen(case, by)
    voters = request.votes.filter(approves=True).values_list("voter__username", flat=True)
    case.proposal = None
    close(
        case,
        disposition=request.payload["disposition"],
        typology=request.payload["typology"],
        reason=proposal.text,
        by=by,
        facts={"agreed": sorted(voters), "approval": request.pk},
    )


def _since(proposal: CaseEntry) -> list[str]:
    """What happened to the case after the verdict, in words."""
    later = CaseEntry.objects.filter(case=proposal.case_id, at__gte=proposal.at)
    kinds = later.exclude(pk=proposal.pk).exclude(kind__in=HARMLESS).order_by("pk")
    return list(dict.fromkeys(entry.get_kind_display() for entry in kinds))
