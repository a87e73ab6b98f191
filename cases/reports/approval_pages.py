"""How the pages of requests for approval tell a suspicious-activity report."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases.reports.filing import KIND
from foundation.admin_approvals import Presentation, present_kind
from foundation.models import ApprovalRequest


def register() -> None:
    present_kind(KIND, Presentation(title=_title, evidence=_evidence, done=_done))


def _title(request: ApprovalRequest) -> str:
    told = request.payload
    return f"Suspicious-activity report on case {told['case']}, version {told['version']}"


def _evidence(request: ApprovalRequest) -> SafeString:
    """The text is not copied here: it is kept sealed, and read where its readers are checked."""
    told = request.payload
    return format_html(
        '<a class="fs-link" href="{}">Read the report</a> before you vote. What is approved is the '
        'version with this SHA-256: <code class="fs-id">{}</code>',
        reverse("admin:cases_case_report", args=[told["case"]]),
        told["sha256"],
    )


def _done(request: ApprovalRequest) -> str:
    return f"{_title(request)} is approved and kept as it is."
