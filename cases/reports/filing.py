"""Suspicious-activity reports: drafted, edited as new versions, submitted, approved by another.

    draft_report -> save_report ... -> submit_report -> foundation.approvals -> approved, for good

Permission and audit live here. The trail keeps versions, states and digests, never the text.
"""

from typing import Any, Final

import msgspec
from django.db import transaction
from django.db.models import Max

from cases.models import ActivityReport, Case, CaseEntry
from cases.queries import knows_of_reports
from cases.reports.activity import (
    Content,
    Standing,
    checked,
    content_digest,
    missing,
    open_content,
    seal_content,
    standing_of,
)
from cases.reports.binding import bound_approval, bound_report
from cases.reports.drafting import draft_of
from cases.services.changing import change, seen
from cases.services.working import SUPERVISE, WORK
from foundation import audit
from foundation.approvals import on_approved, request_approval
from foundation.errors import BadRequest, Conflict
from foundation.models import ApprovalRequest, User
from foundation.permissions import require

REVEAL: Final = "transactions.reveal_identifier"
KIND: Final = "cases.report"
State = ActivityReport.State


def newest_report(case: Case | int) -> ActivityReport | None:
    """With what `standing_of` needs; two queries."""
    rows = ActivityReport.objects.filter(case=case).select_related("by", "approval", "case")
    return rows.prefetch_related("approval__votes").order_by("-version").first()


def may_read(user: User, content: Content) -> bool:
    """Who works on cases or looks after the trail; customers' names in full: who may see those."""
    return knows_of_reports(user) and (not content.identified or user.has_perm(REVEAL))


@transaction.atomic
def draft_report(*, case_id: int, by: User, revealed: bool = False) -> ActivityReport:
    """A version made of the case's facts. Raises Conflict while another one is under way."""
    require(by, WORK)
    if revealed:
        require(by, REVEAL)
    case = _locked(case_id, by)
    newest = newest_report(case)
    if newest is not None and newest.state != State.APPROVED:
        raise Conflict("There is a report on this case; edit that.", type="report-exists")
    return _keep(case, draft_of(case, revealed=revealed), by, "drafted")


@transaction.atomic
def save_report(*, case_id: int, by: User, version: int, content: Content) -> ActivityReport:
    """What was typed, as a new version. Unchanged text makes none.

    Raises Conflict when `version`, which it was typed over, is no longer the newest, or waits for
    approval, or was approved.
    """
    require(by, WORK)
    content = checked(content)
    case = _locked(case_id, by)
    newest = _editable(case, version)
    before = open_content(newest)
    content = msgspec.structs.replace(content, identified=before.identified)
    if content == before and newest.state == State.DRAFT:
        return newest
    return _keep(case, content, by, "saved")


@transaction.atomic
def submit_report(*, case_id: int, by: User, version: int) -> ActivityReport:
    """Asks another person for approval of this version. Raises BadRequest for missing answers."""
    require(by, WORK)
    case = _locked(case_id, by)
    newest = _editable(case, version)
    content = open_content(newest)
    if errors := missing(content):
        names = ", ".join(error.field for error in errors)
        raise BadRequest(f"Not answered yet: {names}.", errors=errors)
    if newest.state == State.SUBMITTED:  # it was rejected, and comes again unchanged
        newest = _keep(case, content, by, "saved")
    digest = content_digest(content)
    request = request_approval(
        kind=KIND,
        subject=f"cases.case:{case.pk}",
        payload={
            "institution": case.institution_id,
            "case": case.pk,
            "report": str(newest.pk),
            "version": newest.version,
            "sha256": digest,
            "authors": _authors(case),
        },
        evidence={},
        requested_by=by,
        reason="",
    )
    newest.refresh_from_db(fields=["state"])  # approved at once where nobody else is needed
    newest.approval = request
    if newest.state == State.DRAFT:
        newest.state = State.SUBMITTED
        newest.save(update_fields=["state", "approval"])
        _tell(case, newest, by, "submitted", digest)
    return newest


@on_approved(KIND, permission=SUPERVISE)
def approve_report(request: ApprovalRequest) -> None:
    """Makes the version final. What was agreed to is what is kept, or nothing is."""
    told = request.payload
    case = _locked(told["case"], None)
    report = ActivityReport.objects.select_for_update().get(pk=told["report"])
    if content_digest(open_content(report)) != told["sha256"]:
        raise Conflict("The report is not the one that was submitted.", type="report-changed")
    report.state, report.approval = State.APPROVED, request
    report.save(update_fields=["state", "approval"])
    last = request.votes.order_by("-pk").first()
    by = last.voter if last else request.requested_by
    _tell(case, report, by, "approved", told["sha256"], bound=bound_approval(report))


def _authors(case: Case) -> list[int]:
    """Who wrote at the report since the last one was approved."""
    rows = ActivityReport.objects.filter(case=case)
    last = rows.filter(state=State.APPROVED).aggregate(last=Max("version"))["last"] or 0
    return sorted(set(rows.filter(version__gt=last).values_list("by", flat=True)))


def _locked(case_id: int, by: User | None) -> Case:
    """`by` is None where the approval has asked who may. Raises NotFound as `seen`."""
    rows = Case.objects.select_related("institution", "customer").select_for_update(of=("self",))
    return rows.get(pk=case_id) if by is None else seen(rows.filter(pk=case_id).first(), by)


def _editable(case: Case, version: int) -> ActivityReport:
    newest = newest_report(case)
    if newest is None:
        raise Conflict("There is no report on this case yet.", type="report-missing")
    if newest.version != version:
        raise Conflict(
            f"{newest.by} saved version {newest.version} since you opened version {version}; look "
            "at it and put in what you typed.",
            type="report-changed",
        )
    standing: Standing = standing_of(newest)
    if not standing.editable:
        raise Conflict(f"The report cannot be changed: {standing.told}.", type="report-closed")
    return newest


def _keep(case: Case, content: Content, by: User, happening: str) -> ActivityReport:
    last = ActivityReport.objects.filter(case=case).aggregate(last=Max("version"))["last"] or 0
    report = ActivityReport(case=case, version=last + 1, by=by)
    report.sealed = seal_content(report, content)
    report.save(force_insert=True)
    digest = content_digest(content)
    _tell(
        case,
        report,
        by,
        happening,
        digest,
        bound=bound_report(report, digest),
        revealed=content.identified,
    )
    return report


def _tell(
    case: Case,
    report: ActivityReport,
    by: User,
    happening: str,
    digest: str,
    bound: dict[str, dict[str, str]] | None = None,
    **more: Any,
) -> None:
    """Steps that others wait for go on the timeline; every step goes on the trail."""
    facts = {"report": happening, "version": report.version, "sha256": digest}
    if happening == "saved":
        audit.record(
            actor=by,
            action=f"cases.{CaseEntry.Kind.REPORTED}",
            subject=f"cases.case:{case.pk}",
            after={**facts, **(bound or {})},
            institution_id=case.institution_id,
        )
    else:
        facts |= more
        change(case, kind=CaseEntry.Kind.REPORTED, by=by, facts=facts, bound=bound)
