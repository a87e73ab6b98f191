"""Whoever does not work for an institution changes none of its cases, whichever way they ask."""

import inspect
import pkgutil
from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.utils import timezone as clock

import cases.services
from cases.alerts.opening import open_alerts
from cases.files import attachments
from cases.models import Case, CaseEntry, Closing
from cases.queues.filters import Filter
from cases.reports import filing
from cases.reports.activity import Content
from cases.services import (
    asking,
    closing,
    four_eyes,
    listing,
    merging,
    outcomes,
    working,
)
from cases.tests.conftest import flag, person
from clients.models import Institution
from clients.services import grant_scope
from foundation import approvals
from foundation.errors import NotFound
from foundation.models import AuditEntry, User
from intelligence.models import List

pytestmark = pytest.mark.django_db

VERDICT = {"disposition": "genuine", "reason": "fine"}
SERVICES = {
    working.claim: {},
    working.release: {},
    working.assign: {"to": "them"},
    working.note: {"text": "I was here."},
    working.set_status: {"status": "waiting"},
    working.snooze: {"until": clock.now() + timedelta(days=999)},
    working.decide: VERDICT,
    working.reopen: {"reason": "New facts."},
    closing.close_soon: VERDICT,
    closing.undo: {},
    asking.ask: {"question": "Did they travel?"},
    four_eyes.withdraw: {},
    listing.list_identifier: {"key": f"{uuid4()}/email", "on": List(), "reason": "because"},
    outcomes.set_outcome: {"transaction_id": uuid4(), "status": "approved", "reason": "known"},
    merging.merge: {"into": "their case", "reason": "One ring."},
    attachments.attach: {"name": "x.txt", "content": b"plain text"},
    filing.draft_report: {},
    filing.save_report: {"version": 1, "content": Content()},
    filing.submit_report: {"version": 1},
}
"""All that change a case by its number, with what else they ask for."""


def services() -> set:
    """What takes a case's number and a person."""
    names = [each.name for each in pkgutil.iter_modules(cases.services.__path__)]
    names.remove("changing")  # what they have in common
    modules = [import_module(f"cases.services.{name}") for name in names]
    return {
        function
        for module in (*modules, attachments, filing)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and {"case_id", "by"} <= inspect.signature(function).parameters.keys()
    }


def test_the_table_has_all_services():
    assert {each.__qualname__ for each in SERVICES} == {each.__qualname__ for each in services()}


@pytest.fixture
def outsider(stranger) -> User:
    """Supervises, but at another institution."""
    user = person("outsider", "supervisor")
    user.scopes.all().delete()
    theirs = Institution.objects.get(pk=stranger.institution_id)
    grant_scope(user=user, institution=theirs, by="tests")
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("state", ["open", "closing", "closed", "proposed"])
@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.__qualname__)
def test_who_works_elsewhere_changes_nothing(
    case, stranger, supervisor, outsider, settings, service, state
):
    settings.FOUR_EYES_ABOVE_USD = 1 if state == "proposed" else 0
    if state == "closing":
        closing.close_soon(case_id=case.pk, by=supervisor, **VERDICT)
    elif state != "open":
        working.decide(case_id=case.pk, by=supervisor, **VERDICT)
    [theirs] = open_alerts([flag(stranger, "theirs-1", user_id="their-customer").pk])
    stand_ins = {"them": outsider, "their case": theirs.case_id}
    given = {
        name: stand_ins.get(value, value) if isinstance(value, str) else value
        for name, value in SERVICES[service].items()
    }
    before = (Case.objects.values().get(pk=case.pk), CaseEntry.objects.count())
    trail = AuditEntry.objects.count()
    with pytest.raises(NotFound, match="no such case"):
        service(case_id=case.pk, by=outsider, **given)
    assert (Case.objects.values().get(pk=case.pk), CaseEntry.objects.count()) == before
    assert (AuditEntry.objects.count(), Closing.objects.count()) == (trail, int(state == "closing"))


def test_a_case_that_is_not_there_is_told_in_the_same_words(case, outsider):
    said = []
    for number in (case.pk, 999_999):
        with pytest.raises(NotFound) as refused:
            working.note(case_id=number, by=outsider, text="Is it there?")
        said.append((refused.value.detail, refused.value.type))
    assert said[0] == said[1]


def test_nothing_is_merged_into_a_case_of_elsewhere(case, stranger, outsider):
    [theirs] = open_alerts([flag(stranger, "theirs-1", user_id="their-customer").pk])
    with pytest.raises(NotFound):
        merging.merge(case_id=theirs.case_id, into=case.pk, by=outsider, reason="One ring.")
    assert Case.objects.exclude(status="closed").count() == 2


@pytest.mark.parametrize("institutions", [None, "both"])
def test_claim_next_gives_cases_of_ones_own_institutions_only(
    case, stranger, outsider, institutions
):
    both = [case.institution_id, stranger.institution_id]
    which = Filter(institutions=both if institutions else None)
    assert working.claim_next(by=outsider, which=which) is None
    [theirs] = open_alerts([flag(stranger, "theirs-1", user_id="their-customer").pk])
    assert working.claim_next(by=outsider, which=which) == theirs.case


def test_a_verdict_does_not_take_effect_once_its_giver_works_elsewhere(case, supervisor):
    closing.close_soon(case_id=case.pk, by=supervisor, **VERDICT)
    supervisor.scopes.all().delete()
    assert closing.close_due(now=clock.now() + timedelta(minutes=1)) == 0
    assert Case.objects.get().status == "in_progress"
    assert "no such case" in CaseEntry.objects.get(kind="undone").facts["why"]


def test_an_agreed_verdict_does_not_take_effect_once_its_giver_works_elsewhere(
    case, analyst, supervisor, settings
):
    settings.FOUR_EYES_ABOVE_USD = 1
    working.claim(case_id=case.pk, by=analyst)
    working.decide(case_id=case.pk, by=analyst, **VERDICT)
    analyst.scopes.all().delete()
    asked = approvals.approve(request=Case.objects.get().proposal, by=supervisor)
    assert asked.state == "failed"
    assert Case.objects.get().status == "in_progress"
