"""A suspicious-activity report as JSON and as PDF."""

import io
import json
from datetime import UTC
from typing import Any, Final

from django.utils import timezone as clock

from cases.models import ActivityReport
from cases.reports.activity import QUESTIONS, content_digest, open_content, standing_of
from cases.reports.dossier_pdf import in_utc
from cases.reports.filing import may_read
from cases.reports.pdf import Sheets
from foundation import audit
from foundation.errors import Forbidden
from foundation.models import User

SCHEMA: Final = "fraudshield.activity-report"
SCHEMA_VERSION: Final = 1


def make_report_file(*, report: ActivityReport, by: User, form: str) -> bytes:
    """One version as "json" or "pdf"; audited. Raises Forbidden for who may not read it."""
    content = open_content(report)
    if not may_read(by, content):
        raise Forbidden("You may not read this report.", type="report-confidential")
    told = _told(report, by)
    made = {"json": _json, "pdf": _pdf}[form](told)
    audit.record(
        actor=by,
        action="cases.report_export",
        subject=f"cases.report:{report.case_id}",
        after={"form": form, "version": report.version, "sha256": told["content_sha256"]},
        institution_id=report.case.institution_id,
    )
    return made


def _told(report: ActivityReport, by: User) -> dict[str, Any]:
    content, standing = open_content(report), standing_of(report)
    votes = report.approval.votes.select_related("voter") if report.approval else []
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "export": {"at": clock.now().isoformat(timespec="seconds"), "by": by.get_username()},
        "case": report.case_id,
        "institution": report.case.institution.name,
        "version": report.version,
        "state": standing.state,
        "written_by": report.by.get_username(),
        "written_at": report.at.astimezone(UTC).isoformat(timespec="seconds"),
        "approved_by": [vote.voter.get_username() for vote in votes if vote.approves],
        "content": {name: getattr(content, name) for name, _ in QUESTIONS},
        "content_sha256": content_digest(content),
    }


def _json(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _pdf(told: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    name = f"Suspicious-activity report, case {told['case']}"
    at = in_utc(told["export"]["at"])
    footer = f"Version {told['version']} ({told['state']}), exported {at}, strictly confidential"
    sheets = Sheets(file, title=name, footer=footer)
    sheets.title(name)
    sheets.text(told["institution"], size=11, after=8)
    approved = ", ".join(told["approved_by"]) or "nobody yet"
    sheets.fact("version", f"{told['version']}, {told['state']}")
    sheets.fact("written", f"by {told['written_by']}, {in_utc(told['written_at'])}")
    sheets.fact("approved by", approved if told["state"] == "approved" else "nobody yet")
    sheets.fact("exported", f"{at} by {told['export']['by']}")
    if told["state"] != "approved":
        sheets.text("This version is not approved.", size=9, grey=True)
    for key, question in QUESTIONS:
        sheets.heading(question)
        sheets.text(told["content"][key] or "–", size=9.5)
    sheets.finish(digest=told["content_sha256"])
    return file.getvalue()
