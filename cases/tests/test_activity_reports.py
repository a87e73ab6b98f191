"""Suspicious-activity reports: drafted from facts, edited, approved by another, told to nobody."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.models import ActivityReport, CaseEntry
from cases.reports.activity import Content, open_content, standing_of
from cases.reports.dossier import parts_of
from cases.reports.filing import draft_report, newest_report, save_report, submit_report
from cases.services import working
from cases.tests.conftest import person
from cases.tests.test_pages import HOSTILE, signed_in, text_of
from foundation import approvals
from foundation.errors import BadRequest, Conflict, Forbidden
from foundation.models import ApprovalRequest, AuditEntry, OutboxEvent, User

pytestmark = pytest.mark.django_db

ANSWERS = {"who": "A", "what": "B", "when": "C", "where": "D", "why": "E"}


@pytest.fixture
def drafted(case, analyst):
    return draft_report(case_id=case.pk, by=analyst)


@pytest.fixture
def submitted(case, drafted, analyst):
    return submit_report(case_id=case.pk, by=analyst, version=1)


def save(case, by, version=1, **answers):
    content = Content(**{**ANSWERS, **answers})
    return save_report(case_id=case.pk, by=by, version=version, content=content)


# -- the draft --------------------------------------------------------------------------------


def test_a_draft_answers_from_the_facts_with_the_customer_masked(case, drafted):
    content = open_content(drafted)
    assert "1 transaction of the customer was flagged" in content.what
    assert "Transaction t-1: NGN 500,000.00" in content.what
    assert case.alerts.get().reason.rstrip(".") in content.why
    assert "customer-1" not in content.who
    assert "Bank" in content.who
    assert content.when.startswith("On ")
    assert "Line of business" in content.where


def test_a_draft_of_a_decided_case_tells_what_was_found_and_why(case, analyst):
    working.claim(case_id=case.pk, by=analyst)
    working.decide(
        case_id=case.pk, by=analyst, disposition="confirmed_fraud", typology="sim_swap",
        reason="The customer lost the SIM.",
    )  # fmt: skip
    content = open_content(draft_report(case_id=case.pk, by=analyst))
    assert "found to be: SIM swap" in content.what
    assert "closed as confirmed fraud" in content.when
    assert "The customer lost the SIM." in content.why


def test_names_in_full_need_the_right_to_see_them(case, analyst):
    content = open_content(draft_report(case_id=case.pk, by=analyst, revealed=True))
    assert "customer-1" in content.who
    assert content.identified


@pytest.mark.parametrize("role", ["auditor", "risk_manager", "administrator"])
def test_who_does_not_work_on_cases_drafts_nothing(case, role):
    with pytest.raises(Forbidden):
        draft_report(case_id=case.pk, by=person(role, role))


def test_a_second_draft_does_not_replace_the_first(case, drafted, analyst):
    with pytest.raises(Conflict):
        draft_report(case_id=case.pk, by=analyst)


def test_the_text_is_stored_encrypted_and_nowhere_else(case, drafted, analyst):
    save(case, analyst, why="something secret")
    report = newest_report(case)
    assert b"something secret" not in bytes(report.sealed)
    assert "something secret" not in str(list(AuditEntry.objects.values()))
    assert "something secret" not in str(list(CaseEntry.objects.values()))


# -- editing ----------------------------------------------------------------------------------


def test_each_save_is_a_version_and_the_older_ones_stay(case, drafted, analyst, supervisor):
    save(case, analyst, why="second")
    save(case, supervisor, version=2, why="third")
    rows = ActivityReport.objects.filter(case=case).order_by("version")
    assert [open_content(row).why for row in rows][1:] == ["second", "third"]
    assert [row.by.username for row in rows] == ["analyst", "analyst", "supervisor"]


def test_saving_what_was_not_changed_makes_no_version(case, drafted, analyst):
    save_report(case_id=case.pk, by=analyst, version=1, content=open_content(drafted))
    assert ActivityReport.objects.count() == 1


def test_a_form_over_an_older_version_is_refused(case, drafted, analyst, supervisor):
    save(case, supervisor)
    with pytest.raises(Conflict, match="supervisor saved version 2"):
        save(case, analyst, version=1, why="mine")


def test_an_answer_that_is_too_long_is_named(case, drafted, analyst):
    with pytest.raises(BadRequest) as refused:
        save(case, analyst, why="x" * 20_001)
    assert [error.field for error in refused.value.errors] == ["why"]


# -- approval ---------------------------------------------------------------------------------


def test_blank_answers_cannot_be_submitted(case, drafted, analyst):
    save(case, analyst, who=" ", why="")
    with pytest.raises(BadRequest) as refused:
        submit_report(case_id=case.pk, by=analyst, version=2)
    assert [error.field for error in refused.value.errors] == ["who", "why"]


def test_another_person_approves_and_then_nothing_changes_it(case, submitted, analyst, supervisor):
    with pytest.raises(Conflict, match="waits for approval"):
        save(case, analyst)
    request = approvals.approve(request=submitted.approval, by=supervisor)
    assert request.state == ApprovalRequest.State.EXECUTED
    report = newest_report(case)
    assert standing_of(report).state == "approved"
    with pytest.raises(Conflict, match="approved"):
        save(case, analyst)
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivityReport.objects.update(state="draft")
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivityReport.objects.all().delete()
    assert draft_report(case_id=case.pk, by=analyst).version == 2


def test_who_submitted_it_does_not_approve_it(case, drafted, supervisor):
    report = submit_report(case_id=case.pk, by=supervisor, version=1)
    with pytest.raises(Forbidden):
        approvals.approve(request=report.approval, by=supervisor)


def test_who_wrote_at_it_does_not_approve_it(case, drafted, analyst, supervisor):
    save(case, supervisor)
    report = submit_report(case_id=case.pk, by=analyst, version=2)
    assert supervisor not in approvals.voters(report.approval)
    assert not approvals.may_vote(supervisor, report.approval)
    assert not approvals.waiting_for(supervisor).exists()
    with pytest.raises(Forbidden, match="wrote themselves"):
        approvals.approve(request=report.approval, by=supervisor)
    other = person("other-supervisor", "supervisor")
    assert approvals.voters(report.approval) == [other]
    assert approvals.waiting_for(other).get() == report.approval
    assert approvals.approve(request=report.approval, by=other).state == "executed"


def test_analysts_and_other_banks_supervisors_do_not_approve(submitted):
    with pytest.raises(Forbidden):
        approvals.approve(request=submitted.approval, by=person("another"))
    elsewhere = person("elsewhere", "supervisor")
    elsewhere.scopes.all().delete()
    with pytest.raises(Forbidden):
        approvals.approve(request=submitted.approval, by=User.objects.get(pk=elsewhere.pk))


def test_a_refusal_is_shown_and_the_report_can_be_changed(case, submitted, analyst, supervisor):
    approvals.reject(request=submitted.approval, by=supervisor, comment="Say where.")
    standing = standing_of(newest_report(case))
    assert (standing.state, standing.comment, standing.editable) == ("rejected", "Say where.", True)
    assert save(case, analyst, where="Lagos").version == 2
    assert submit_report(case_id=case.pk, by=analyst, version=2).state == "submitted"


def test_it_can_be_submitted_again_unchanged(case, submitted, analyst, supervisor):
    approvals.reject(request=submitted.approval, by=supervisor, comment="?")
    assert submit_report(case_id=case.pk, by=analyst, version=1).version == 2


# -- nobody outside learns of it --------------------------------------------------------------


def test_no_event_and_no_dossier_tells_of_it(case, submitted, supervisor):
    approvals.approve(request=submitted.approval, by=supervisor)
    assert CaseEntry.objects.filter(kind="reported").count() == 3
    told = [
        event.payload["kind"] for event in OutboxEvent.objects.filter(subject__startswith="case")
    ]
    assert "reported" not in told
    content = {p.name: p.one or list(p.many) for p in parts_of(case, revealed=False)}
    assert "reported" not in json.dumps(content)


@pytest.mark.parametrize(("role", "knows"), [("analyst", 1), ("auditor", 1), ("none", 0)])
def test_of_who_sees_cases_not_everybody_learns_of_it(case, submitted, role, knows):
    reader = person("reader", role if knows else "analyst")
    if not knows:
        reader.groups.clear()
        reader.user_permissions.add(Permission.objects.get(codename="view_case"))
    client = signed_in(reader)
    fragment = reverse("admin:cases_case_tab", args=[case.pk, "timeline"])
    for address in (fragment, url("case_preview", case)):
        page = text_of(client.get(address))
        assert ("report" in page) is bool(knows)
    assert client.get(url("case_report", case)).status_code == (200 if knows else 403)


# -- pages ------------------------------------------------------------------------------------


def url(name, case):
    return reverse(f"admin:cases_{name}", args=[case.pk])


def test_the_whole_way_in_the_browsers_terms(case, analyst, supervisor):
    client = signed_in(analyst)
    assert "There is no report" in text_of(client.get(url("case_report", case)))
    client.post(url("report_draft", case))
    page = text_of(client.get(url("case_report", case)))
    assert "Save as version 2" in page
    fields = {"version": 1, **ANSWERS, "why": HOSTILE, "submit": "1"}
    assert client.post(url("report_save", case), fields).status_code == 302
    page = text_of(client.get(url("case_report", case)))
    assert "Waits for supervisor" in page
    assert "<script>alert(1)" not in page
    approvals.approve(request=newest_report(case).approval, by=supervisor)
    assert "approved, kept as it is" in text_of(client.get(url("case_report", case)))


def test_a_stale_form_keeps_what_was_typed(case, drafted, analyst, supervisor):
    save(case, supervisor, why="hers")
    fields = {"version": 1, **ANSWERS, "why": "typed by me", "save": "1"}
    answer = signed_in(analyst).post(url("report_save", case), fields)
    assert answer.status_code == 409
    assert "typed by me" in text_of(answer)
    assert "supervisor saved version 2" in text_of(answer)
    assert open_content(newest_report(case)).why == "hers"


def test_a_form_that_comes_after_submission_keeps_what_was_typed(case, submitted, analyst):
    fields = {"version": 1, **ANSWERS, "why": "typed too late", "save": "1"}
    answer = signed_in(analyst).post(url("report_save", case), fields)
    assert answer.status_code == 409
    assert "typed too late" in text_of(answer)


def test_what_is_missing_is_named_beside_the_saved_version(case, drafted, analyst):
    fields = {"version": 1, **ANSWERS, "who": "", "submit": "1"}
    answer = signed_in(analyst).post(url("report_save", case), fields)
    assert answer.status_code == 400
    assert "Not answered yet: who" in text_of(answer)
    assert 'name="version" value="2"' in text_of(answer)


@pytest.mark.parametrize("form", ["pdf", "json"])
def test_each_version_comes_as_a_file_and_that_is_audited(case, drafted, analyst, form):
    answer = signed_in(analyst).post(url("report_file", case), {"form": form, "version": "1"})
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF" if form == "pdf" else b"{")
    entry = AuditEntry.objects.get(action="cases.report_export")
    assert entry.after["form"] == form


@pytest.mark.parametrize(
    ("role", "page", "draft", "file"),
    [
        ("analyst", 200, 302, 200),
        ("supervisor", 200, 302, 200),
        ("auditor", 200, 403, 200),
        ("risk_manager", 200, 403, 200),
    ],
)
def test_who_may_do_what(case, drafted, role, page, draft, file):
    client = signed_in(person(f"a-{role}", role))
    assert client.get(url("case_report", case)).status_code == page
    assert client.post(url("report_draft", case)).status_code == draft
    assert client.post(url("report_file", case), {"form": "json"}).status_code == file


def test_names_in_full_are_read_by_who_may_see_them(case, analyst):
    draft_report(case_id=case.pk, by=analyst, revealed=True)
    page = text_of(signed_in(person("auditor", "auditor")).get(url("case_report", case)))
    assert "You may not read this report" in page
    assert "customer-1" not in page
    assert "customer-1" in text_of(signed_in(analyst).get(url("case_report", case)))


def test_of_another_institutions_case_nothing_is_there(case, drafted):
    outsider = User.objects.create_user("outsider", is_staff=True)
    outsider.groups.set(person("inside").groups.all())
    client = signed_in(outsider)
    assert client.get(url("case_report", case)).status_code == 404
    assert client.post(url("report_file", case), {"form": "json"}).status_code == 404
