"""How a verdict that waits for a second person is told to those who may agree to it."""

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from cases.models import Case
from cases.services.four_eyes import KIND, proposal_of
from cases.typologies import in_words
from foundation.admin_approvals import Presentation, present_kind
from foundation.models import ApprovalRequest


def register() -> None:
    present_kind(KIND, Presentation(title=_title, evidence=_evidence, done=_done))


def _title(request: ApprovalRequest) -> str:
    found = Case.Disposition(request.payload["disposition"]).label
    return f"Close case {request.payload['case']} as {found}"


def _evidence(request: ApprovalRequest) -> SafeString:
    """What is at risk, what was found and why, and the way to the case; two queries."""
    cases = Case.objects.select_related("institution").annotate(number=Count("alerts"))
    context = {
        "case": cases.get(pk=request.payload["case"]),
        "proposal": proposal_of(request),
        "found": Case.Disposition(request.payload["disposition"]).label,
        "typology": in_words(request.payload["typology"]),
        "dollars": request.evidence["amount_usd"],
    }
    return render_to_string("cases/proposal.html", context)


def _done(request: ApprovalRequest) -> str:
    found = Case.Disposition(request.payload["disposition"]).label
    return f"Case {request.payload['case']} is closed as {found}."
