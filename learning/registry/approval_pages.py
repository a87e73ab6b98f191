"""How requests to change the deciding model are told to those who approve them."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from foundation.admin_approvals import Presentation, present_kind
from foundation.models import ApprovalRequest
from learning.registry.charts import side_by_side
from learning.registry.promoting import PROMOTE, ROLL_BACK


def register() -> None:
    for kind in (PROMOTE, ROLL_BACK):
        present_kind(kind, Presentation(title=_title, evidence=_evidence, done=_done))


def _title(request: ApprovalRequest) -> str:
    verb = "Roll back to" if request.kind == ROLL_BACK else "Promotion of"
    return f"{verb} model {request.subject.partition(':')[2]}"


def _evidence(request: ApprovalRequest) -> SafeString:
    evidence: dict[str, Any] = request.evidence
    context = {
        "champion": request.payload["champion"],
        "model": request.subject.partition(":")[2],
        "digest": request.payload["digest"],
        "rows": evidence.get("transactions"),
        "frauds": evidence.get("frauds"),
        "compared": side_by_side(evidence) if "average_precision" in evidence else [],
    }
    return render_to_string("learning/promotion.html", context)


def _done(request: ApprovalRequest) -> str:
    return f"Model {request.subject.partition(':')[2]} came into force."
