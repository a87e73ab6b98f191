"""What the audit trail keeps of suspicious-activity reports: digests of what they say, which is
sealed, and of who approved them. See cases/services/binding.py.
"""

from collections.abc import Sequence
from typing import Final

from django.db.models import QuerySet

from cases.models import ActivityReport
from cases.reports.activity import content_digest, open_content
from cases.services.binding import exactly
from foundation.audit_bound import Bound, Unreadable, bind, digest_of, register_bound
from foundation.crypto import TamperedValue, UnknownKeyVersion

REPORT: Final = "cases.activityreport"
APPROVED: Final = "cases.approvedreport"
"""Of approved versions, besides: so that none is made of a draft past the application, nor a draft
of an approved one."""


def report_digest(row: ActivityReport, content: str) -> str:
    """`content` is the digest of what it says, whatever key that is sealed with."""
    return digest_of([str(row.pk), row.case_id, row.version, row.by_id, exactly(row.at), content])


def bound_report(row: ActivityReport, content: str) -> dict[str, dict[str, str]]:
    """For the `after` of the audit entry that tells of a new version."""
    return bind(REPORT, {str(row.pk): report_digest(row, content)})


def bound_approval(row: ActivityReport) -> dict[str, dict[str, str]]:
    return bind(APPROVED, {str(row.pk): _approval_digest(row)})


def _approval_digest(row: ActivityReport) -> str:
    return digest_of([str(row.pk), str(row.state), row.approval_id])


def _found(row: ActivityReport) -> str | Unreadable:
    try:
        content = open_content(row)
    except UnknownKeyVersion as missing:
        return Unreadable(str(missing).rstrip("."))
    except TamperedValue:
        return Unreadable("its sealed text was changed, or belongs to another row")
    return report_digest(row, content_digest(content))


def _reports(ids: Sequence[str]) -> dict[str, str | Unreadable]:
    return {str(row.pk): _found(row) for row in ActivityReport.objects.filter(pk__in=ids)}


def _approved(ids: Sequence[str]) -> dict[str, str | Unreadable]:
    rows = _approvals().filter(pk__in=ids).defer("sealed")
    return {str(row.pk): _approval_digest(row) for row in rows}


def _approvals() -> QuerySet[ActivityReport]:
    return ActivityReport.objects.filter(state=ActivityReport.State.APPROVED)


register_bound(REPORT, Bound(_reports, ActivityReport.objects.count))
register_bound(APPROVED, Bound(_approved, lambda: _approvals().count()))
