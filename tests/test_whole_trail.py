"""Whatever was done, the audit trail is whole: `manage.py audit verify --files` finds nothing."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from cases.alerts.opening import open_alerts
from cases.bulk.picking import pick
from cases.bulk.running import run_some, start
from cases.models import ActivityReport, Attachment, Case, ReviewOutcome
from cases.reports.activity import Content
from cases.reports.filing import draft_report, save_report, submit_report
from cases.services import working
from cases.tests.conftest import analyst, flag, supervisor  # noqa: F401
from foundation import approvals
from foundation.models import ApprovalRequest
from scoring.tests.conftest import bank, rule_book  # noqa: F401

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nthe statement"


def verify(*options: str) -> str:
    told = StringIO()
    call_command("audit", "verify", "--files", *options, stdout=told)
    return told.getvalue()


def test_after_the_demo_was_made(rule_book, tmp_path, settings):  # noqa: F811
    settings.DEMO = True
    call_command("seed_demo", write=tmp_path / "demo.json", count=200, verbosity=0)
    assert Case.objects.exists()
    assert ", 0 not sealed" not in verify()
    call_command("audit", "seal", verbosity=0)
    assert ", 0 not sealed yet" in verify()


def test_after_a_workbench_was_generated(rule_book, settings):  # noqa: F811
    settings.DEMO = True
    call_command("generate_workbench", transactions=300, alerts=90, cases=30, verbosity=0)
    assert ReviewOutcome.objects.exists()
    assert ", 0 not sealed yet" in verify()


def test_after_a_day_with_a_report_a_file_and_many_at_once(
    bank,  # noqa: F811
    analyst,  # noqa: F811
    supervisor,  # noqa: F811
    settings,
    tmp_path,
):
    settings.ATTACHMENTS_DIR = tmp_path
    rows = [flag(bank, f"t-{n}", user_id=f"customer-{n}").pk for n in range(6)]
    first, second, *_ = [alert.case for alert in open_alerts(rows)]
    working.claim(case_id=first.pk, by=analyst)
    working.note(case_id=first.pk, by=analyst, text="@supervisor look, Ọlá 𝄞")
    _attach(first, analyst)
    _report(first, analyst, supervisor)
    bulk = pick(
        by=supervisor, kind="merge", cases=Case.objects.filter(pk__in=[first.pk, second.pk])
    )
    _run(bulk, supervisor, into=first.pk, reason="One ring.")
    others = Case.objects.exclude(status="closed").order_by("pk")
    bulk = pick(by=supervisor, kind="close", cases=others)
    verdict = {"disposition": "confirmed_fraud", "typology": "sim_swap", "reason": "The ring."}
    _run(bulk, supervisor, **verdict)
    assert not Case.objects.exclude(status="closed").exists()
    assert ReviewOutcome.objects.count() == 6
    assert verify()
    call_command("audit", "seal", verbosity=0)
    assert verify()


def _attach(case: Case, by) -> None:
    client = Client()
    client.force_login(by)
    case.refresh_from_db()
    fields = {"version": case.version, "file": SimpleUploadedFile("statement.pdf", PDF)}
    answer = client.post(reverse("admin:cases_case_act", args=[case.pk, "attach"]), fields)
    assert answer.status_code == 302
    assert Attachment.objects.exists()


def _report(case: Case, by, other) -> None:
    draft_report(case_id=case.pk, by=by)
    answers = Content(who="A", what="B", when="C", where="D", why="E")
    save_report(case_id=case.pk, by=by, version=1, content=answers)
    submit_report(case_id=case.pk, by=by, version=2)
    approvals.approve(request=ApprovalRequest.objects.get(), by=other)
    assert ActivityReport.objects.filter(state="approved").exists()


def _run(bulk, by, **arguments) -> None:
    start(bulk_id=bulk.pk, by=by, arguments=arguments)
    while run_some(bulk.pk):
        pass
    assert not bulk.items.exclude(state="done").exists()
