"""How requests to approve a change set or a switch are told to those who vote."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from foundation.admin_approvals import Presentation, present_kind
from foundation.admin_display import facts_table
from foundation.models import ApprovalRequest
from rules.switching.reading import Mode
from rules.switching.throwing import KIND as SWITCH
from studio.changes.preflight import load_preflight
from studio.changes.proposing import KIND
from studio.changes.showing import evidence_shown
from studio.models.changes import ChangeSet


def register() -> None:
    present_kind(KIND, Presentation(_title, _evidence, _done))
    present_kind(SWITCH, Presentation(_switch_title, _switch_evidence, _switch_done))


def _title(request: ApprovalRequest) -> str:
    title = request.evidence.get("title", "")
    return f"Change set {request.payload['change_set']}: {title}"


def _evidence(request: ApprovalRequest) -> SafeString:
    change_set = ChangeSet.objects.get(pk=request.payload["change_set"])
    context = {
        "change_set": change_set,
        "changes": request.evidence.get("changes", []),
        "preflight": load_preflight(change_set.preflight),
        "evidence": evidence_shown(change_set),
    }
    return render_to_string("studio/changes/approval.html", context)


def _done(request: ApprovalRequest) -> str:
    change_set = ChangeSet.objects.get(pk=request.payload["change_set"])
    if change_set.ruleset_id:
        return f"Ruleset {change_set.ruleset_id} came into force."
    return f"The change set {change_set.stands}."


def _switch_title(request: ApprovalRequest) -> str:
    return f"Switch of {request.payload['vertical']}: {Mode(request.payload['mode']).words}"


def _switch_evidence(request: ApprovalRequest) -> SafeString:
    return facts_table(request.evidence)


def _switch_done(request: ApprovalRequest) -> str:
    return "The switch was turned."
