"""Reports and files: vouched for by the audit trail, and what was done to them is named."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from cases.files.attachments import attach
from cases.models import ActivityReport, Attachment
from cases.reports.activity import Content, content_digest, open_content, seal_content
from cases.reports.filing import draft_report, save_report, submit_report
from cases.tests.tampering import tamper
from foundation import approvals
from foundation.audit_chain import seal_audit_chain, verify_audit_chain
from foundation.models import ApprovalRequest

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nthe statement"
ANSWERS = Content(who="A", what="B", when="C", where="D", why="E")


@pytest.fixture
def room(settings, tmp_path) -> Path:
    settings.ATTACHMENTS_DIR = tmp_path
    return tmp_path


@pytest.fixture
def approved(case, analyst, supervisor, room):
    """A case with a file and a report of two versions, the second approved."""
    attach(case_id=case.pk, name="statement.pdf", content=PDF, by=analyst)
    draft_report(case_id=case.pk, by=analyst)
    save_report(case_id=case.pk, by=analyst, version=1, content=ANSWERS)
    submit_report(case_id=case.pk, by=analyst, version=2)
    approvals.approve(request=ApprovalRequest.objects.get(), by=supervisor)
    seal_audit_chain()
    return ActivityReport.objects.get(state="approved")


def verified(**options: bool) -> list[str]:
    return verify_audit_chain(**options).problems


def test_what_was_not_touched_verifies_with_its_files(approved):
    assert verified(files=True) == []
    call_command("audit", "verify", "--files", verbosity=0)


def reseal(report: ActivityReport, sealed: bytes) -> None:
    change = "UPDATE cases_activityreport SET sealed = %s WHERE id = %s"
    tamper("cases_activityreport", change, sealed, report.pk)


@pytest.mark.parametrize("place", [1, 20, -1])
def test_one_changed_byte_of_an_approved_reports_text_is_named(approved, place):
    sealed = bytearray(approved.sealed)
    sealed[place] ^= 1
    reseal(approved, bytes(sealed))
    [problem] = verified()
    assert f"cases.activityreport {approved.pk} does not open: its sealed text was ch" in problem


def test_a_report_whose_key_is_missing_is_told_apart(approved):
    reseal(approved, b"\xc8" + bytes(approved.sealed)[1:])
    [problem] = verified()
    assert "does not open: FRAUDSHIELD_KEYS lists no key version 200" in problem


def test_another_text_that_is_properly_sealed_was_changed(approved):
    reseal(approved, seal_content(approved, Content(who="somebody else")))
    assert verified() == [f"cases.activityreport {approved.pk} was changed after it was written."]


def test_reports_sealed_anew_are_the_same_ones(approved):
    before = bytes(approved.sealed)
    reseal(approved, seal_content(approved, open_content(approved)))
    approved.refresh_from_db()
    assert bytes(approved.sealed) != before
    assert verified() == []


@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        ("activityreport", "UPDATE {} SET version = version + 5", "does not open"),
        ("activityreport", "UPDATE {} SET at = at + interval '1 us'", "was changed after"),
        ("activityreport", "UPDATE {} SET state = 'draft'", "cases.approvedreport .* is missing"),
        ("activityreport", "UPDATE {} SET state = 'approved'", "1 rows of cases.approvedreport"),
        ("activityreport", "UPDATE {} SET approval_id = NULL", "cases.approvedreport .* changed"),
        ("activityreport", "DELETE FROM {} WHERE version = 1", "activityreport .* is missing"),
        ("attachment", "UPDATE {} SET name = 'statemenu.pdf'", "cases.attachment .* was changed"),
        ("attachment", "UPDATE {} SET digest = set_byte(digest, 3, 0)", "attachment .* changed"),
        ("attachment", "UPDATE {} SET size = size + 1", "cases.attachment .* was changed"),
        ("attachment", "DELETE FROM {}", "cases.attachment .* is missing"),
    ],
)  # fmt: skip
def test_a_change_past_the_application_is_noticed_and_named(approved, table, change, problem):
    tamper(f"cases_{table}", change.format(f"cases_{table}"))
    problems = verified()
    assert any(re.search(problem, found) for found in problems), problems


def test_a_file_without_an_entry_was_smuggled_in(approved, case, analyst):
    Attachment.objects.create(
        case=case, name="x.pdf", media_type="application/pdf", size=1, digest=bytes(32), by=analyst
    )
    assert verified() == ["1 rows of cases.attachment are on no entry of the trail."]


@pytest.mark.parametrize("statement", ["UPDATE cases_attachment SET name = 'x'",
                                       "DELETE FROM cases_attachment"])  # fmt: skip
def test_the_database_refuses_changes_of_files(approved, statement):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize("harm", ["changed", "gone", "another's"])
def test_a_file_that_was_changed_on_disk_is_named_when_files_are_looked_at(
    approved, case, analyst, room, harm, capsys
):
    row = Attachment.objects.get()
    path = room / row.pk.hex[-2:] / row.pk.hex
    if harm == "gone":
        path.unlink()
    elif harm == "changed":
        content = bytearray(path.read_bytes())
        content[-20] ^= 1
        path.write_bytes(content)
    else:
        other = attach(case_id=case.pk, name="b.pdf", content=PDF + b"2", by=analyst)
        path.write_bytes((room / other.pk.hex[-2:] / other.pk.hex).read_bytes())
    assert verified() == []
    [problem] = verified(files=True)
    assert str(row.pk) in problem
    assert f"case {case.pk}" in problem
    with pytest.raises(CommandError, match="1 problems"):
        call_command("audit", "verify", "--files", verbosity=0)
    assert str(row.pk) in capsys.readouterr().err


def test_the_trail_tells_the_digest_that_was_agreed_to(approved):
    agreed = ApprovalRequest.objects.get().payload["sha256"]
    assert content_digest(open_content(approved)) == agreed
