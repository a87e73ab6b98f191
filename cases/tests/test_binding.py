"""Timelines and outcomes: append-only, and vouched for by the audit trail."""

import pytest
from django.db import IntegrityError, connection, transaction

from cases.models import CaseEntry, ReviewOutcome
from cases.services import working
from cases.tests.tampering import tamper
from foundation.audit_chain import seal_audit_chain, verify_audit_chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(case, analyst):
    working.claim(case_id=case.pk, by=analyst)
    working.note(case_id=case.pk, by=analyst, text="The customer confirmed Ünï 𝄞.")
    working.decide(case_id=case.pk, by=analyst, disposition="genuine", reason="confirmed")
    seal_audit_chain()
    return case


def test_what_was_not_touched_verifies(decided):
    assert verify_audit_chain().problems == []


@pytest.mark.parametrize("table", ["caseentry", "reviewoutcome"])
@pytest.mark.parametrize("statement", ["UPDATE cases_{} SET at = now()", "DELETE FROM cases_{}"])
def test_the_database_refuses_changes(decided, table, statement):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        ("caseentry", "UPDATE cases_caseentry SET text = text || '.' WHERE kind = 'noted'", "chan"),
        ("caseentry", "UPDATE cases_caseentry SET facts = '{\"x\": 1}' WHERE kind = 'noted'", "ch"),
        ("caseentry", "UPDATE cases_caseentry SET at = at + interval '1 us'", "was changed"),
        ("caseentry", "UPDATE cases_caseentry SET by_id = NULL WHERE kind = 'noted'", "changed"),
        ("caseentry", "DELETE FROM cases_caseentry WHERE kind = 'alerted'", "is missing"),
        ("reviewoutcome", "UPDATE cases_reviewoutcome SET status = 'declined'", "was changed"),
        ("reviewoutcome", "UPDATE cases_reviewoutcome SET reason = 'other'", "was changed"),
        ("reviewoutcome", "DELETE FROM cases_reviewoutcome", "is missing"),
    ],
)
def test_a_change_past_the_application_is_noticed(decided, table, change, problem):
    tamper(f"cases_{table}", change)
    report = verify_audit_chain()
    assert not report.ok
    assert any(problem in found for found in report.problems), report.problems


def test_a_row_that_was_smuggled_in_is_noticed(decided, analyst):
    CaseEntry.objects.create(case=decided, kind="noted", by=analyst, text="never said")
    outcome = ReviewOutcome.objects.get()
    outcome.pk = None
    outcome._state.adding = True
    outcome.id = CaseEntry().pk
    outcome.save(force_insert=True)
    assert verify_audit_chain().problems == [
        "1 rows of cases.caseentry are on no entry of the trail.",
        "1 rows of cases.reviewoutcome are on no entry of the trail.",
    ]


def test_a_change_of_a_note_that_is_not_sealed_yet_is_noticed(decided, analyst):
    working.note(case_id=decided.pk, by=analyst, text="later")
    tamper("cases_caseentry", "UPDATE cases_caseentry SET text = 'x' WHERE text = 'later'")
    assert not verify_audit_chain().ok
