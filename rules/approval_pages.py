"""How requests for a publication or a roll-back are told to those who approve them."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from foundation.admin_approvals import Presentation, present_kind
from foundation.models import ApprovalRequest
from rules.definition import Snapshot
from rules.diffs import diff_snapshots
from rules.models import Proposal, Ruleset
from rules.publishing import PUBLISH, ROLL_BACK
from rules.queries import published_number

_TOLD = {"changes", "rolls_back_to"}  # the page shows both in its own words


def register() -> None:
    for kind in (PUBLISH, ROLL_BACK):
        present_kind(kind, Presentation(title=_title, evidence=_evidence, done=_done))


def _title(request: ApprovalRequest) -> str:
    if request.kind == ROLL_BACK:
        return f"Roll back to ruleset {request.evidence.get('rolls_back_to', '')}"
    return f"Publication of rules, proposal {request.payload['proposal']}"


def _evidence(request: ApprovalRequest) -> SafeString:
    """Before and after, worked out from the snapshots as they were frozen; two queries."""
    proposal = Proposal.objects.select_related("base").get(pk=request.payload["proposal"])
    before = proposal.base.content if proposal.base else None
    more = {name: value for name, value in request.evidence.items() if name not in _TOLD}
    context = {
        "diff": diff_snapshots(before, Snapshot.load(proposal.snapshot)),
        "base": proposal.base,
        "fingerprint": request.payload["fingerprint"],
        "more": more,
    }
    return render_to_string("rules/proposal.html", context)


def _done(request: ApprovalRequest) -> str:
    ruleset = Ruleset.objects.only("number").filter(approval=request).first()
    if ruleset is None:
        return "Nothing was published."
    if ruleset.number == published_number():
        return f"Ruleset {ruleset.number} is in force."
    return f"Ruleset {ruleset.number} came into force; it is not any more."
