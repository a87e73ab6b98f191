"""Verdicts that can be taken back for some seconds, and take effect by themselves."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, Closing, ReviewOutcome
from cases.reports.filing import draft_report
from cases.services import working
from cases.services.changing import change
from cases.services.closing import UNDO_SECONDS, close_due, close_if_due, close_soon, undo
from cases.tasks import close_case, close_due_cases, close_later
from cases.tests.conftest import flag, person
from foundation.errors import BadRequest, Conflict, Forbidden
from foundation.models import AuditEntry, OutboxEvent
from foundation.roles import assign_roles
from transactions.models import Label

pytestmark = pytest.mark.django_db


def later():
    return clock.now() + timedelta(seconds=UNDO_SECONDS + 1)


@pytest.fixture
def mine(case, analyst):
    return working.claim(case_id=case.pk, by=analyst)


def judged(case, by, **fields):
    given = {"disposition": "genuine", "reason": "called", **fields}
    return close_soon(case_id=case.pk, by=by, **given)


def test_until_it_takes_effect_nothing_leaves_the_house(mine, analyst):
    events = OutboxEvent.objects.count()
    judged(mine, analyst)
    assert Case.objects.get().status == "in_progress"
    assert not Label.objects.exists()
    assert not ReviewOutcome.objects.exists()
    assert OutboxEvent.objects.count() == events
    assert close_due() == 0
    assert AuditEntry.objects.filter(action="cases.closing").count() == 1


def test_after_ten_seconds_the_case_is_closed_as_was_said(mine, analyst):
    judged(mine, analyst, disposition="confirmed_fraud", typology="sim_swap", reason="swapped")
    assert close_due(now=later()) == 1
    case = Case.objects.get()
    assert (case.disposition, case.typology, case.assignee) == (
        "confirmed_fraud",
        "sim_swap",
        analyst,
    )
    assert Label.objects.get().is_fraud
    assert case.entries.get(kind="decided").text == "swapped"
    assert not Closing.objects.exists()


def test_to_close_twice_is_to_close_once(mine, analyst):
    judged(mine, analyst)
    assert close_if_due(case_id=mine.pk, now=later())
    assert not close_if_due(case_id=mine.pk, now=later())
    assert close_due(now=later()) == 0
    assert CaseEntry.objects.filter(kind="decided").count() == 1


def test_the_tasks_close_what_is_due_and_nothing_else(mine, analyst):
    judged(mine, analyst)
    close_case(mine.pk)
    close_due_cases()
    assert Case.objects.get().status == "in_progress"
    Closing.objects.update(effective_at=clock.now())
    close_case(mine.pk)
    assert Case.objects.get().status == "closed"
    close_case(10**9)


def test_without_a_broker_the_sweep_closes(mine, analyst, monkeypatch):
    from kombu.exceptions import OperationalError

    def dead(*_, **__):
        raise OperationalError

    monkeypatch.setattr(close_case, "apply_async", dead)
    judged(mine, analyst)
    close_later(mine.pk)
    assert close_due(now=later()) == 1


def test_a_verdict_that_fails_unforeseen_keeps_no_other_waiting(
    bank, mine, analyst, monkeypatch, caplog
):
    [alert] = open_alerts([flag(bank, "t-2", user_id="customer-2").pk])
    other = working.claim(case_id=alert.case_id, by=analyst)
    for case in (mine, other):
        judged(case, analyst)
    decide = working.decide

    def broken(**given):
        if given["case_id"] == mine.pk:
            raise ZeroDivisionError
        return decide(**given)

    monkeypatch.setattr("cases.services.closing.decide", broken)
    assert close_due(now=later()) == 1
    assert f"The verdict on case {mine.pk} did not take effect" in caplog.text
    assert Case.objects.get(pk=other.pk).status == "closed"
    monkeypatch.undo()
    assert close_due(now=later()) == 1
    assert Case.objects.get(pk=mine.pk).status == "closed"


@pytest.mark.parametrize("step", ["draft", "warning"])
def test_what_does_not_touch_the_verdict_does_not_undo_it(mine, analyst, colleague, step):
    judged(mine, analyst)
    if step == "draft":
        draft_report(case_id=mine.pk, by=colleague)
    else:
        change(Case.objects.get(), kind=CaseEntry.Kind.WARNED, by=None)
    assert close_due(now=later()) == 1
    assert Case.objects.get().disposition == "genuine"


def test_undo_leaves_the_case_as_it_was_and_keeps_what_was_typed(mine, analyst):
    judged(mine, analyst, disposition="suspected", typology="mule_fan_in", reason="a long reason")
    entry = undo(case_id=mine.pk, by=analyst)
    assert Case.objects.get().version == mine.version
    assert (entry.text, entry.facts["disposition"], entry.facts["typology"]) == (
        "a long reason",
        "suspected",
        "mule_fan_in",
    )
    assert close_due(now=later()) == 0
    assert Case.objects.get().status == "in_progress"
    assert not OutboxEvent.objects.filter(payload__kind="undone").exists()


def test_undo_too_late_or_by_somebody_else_says_so(mine, analyst, supervisor):
    with pytest.raises(Conflict, match="no verdict"):
        undo(case_id=mine.pk, by=analyst)
    judged(mine, analyst)
    with pytest.raises(Forbidden, match="Only analyst"):
        undo(case_id=mine.pk, by=supervisor)
    close_due(now=later())
    with pytest.raises(Conflict, match="has taken effect"):
        undo(case_id=mine.pk, by=analyst)


@pytest.mark.parametrize(
    "act",
    [
        lambda case, by: working.note(case_id=case.pk, by=by, text="wait"),
        lambda case, by: working.release(case_id=case.pk, by=by),
        lambda case, by: working.set_status(case_id=case.pk, status="escalated", by=by),
        lambda case, by: judged(case, by, disposition="suspected"),
    ],
)
def test_while_it_waits_others_are_told_what_goes_on(mine, analyst, supervisor, act):
    judged(mine, analyst)
    with pytest.raises(Conflict, match="analyst has just decided the case as genuine"):
        act(mine, supervisor)
    assert close_due(now=later()) == 1


def test_a_new_alert_takes_the_verdict_back_and_says_why(bank, mine, analyst):
    judged(mine, analyst, reason="all clear")
    open_alerts([flag(bank, "t-2").pk])
    entry = CaseEntry.objects.get(kind="undone")
    assert (entry.by, entry.text) == (None, "all clear")
    assert "A new alert joined" in entry.facts["why"]
    assert close_due(now=later()) == 0
    assert Case.objects.get().status == "in_progress"
    assert not Label.objects.exists()


def test_who_lost_the_role_meanwhile_closes_nothing(mine, analyst):
    judged(mine, analyst)
    assign_roles(user=analyst, roles=["auditor"], by="tests")
    assert close_due(now=later()) == 0
    entry = CaseEntry.objects.get(kind="undone")
    assert "Not closed" in entry.facts["why"]
    assert Case.objects.get().status == "in_progress"
    assert not Closing.objects.exists()


def test_a_case_with_much_at_risk_goes_on_to_a_second_person(mine, analyst, settings):
    settings.FOUR_EYES_ABOVE_USD = 1
    judged(mine, analyst)
    assert close_due(now=later()) == 1
    case = Case.objects.get()
    assert case.status == "escalated"
    assert case.proposal is not None
    assert not Label.objects.exists()


def test_a_supervisor_who_decides_what_nobody_has_claims_it(case, supervisor):
    judged(case, supervisor)
    assert Case.objects.get().assignee == supervisor
    assert close_due(now=later()) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"disposition": "guilty"}, BadRequest),
        ({"reason": " "}, BadRequest),
        ({"disposition": "confirmed_fraud"}, BadRequest),
        ({"version": 0}, Conflict),
    ],
)
def test_a_wrong_verdict_is_refused_at_once(mine, analyst, fields, error):
    with pytest.raises(error):
        judged(mine, analyst, **fields)
    assert not Closing.objects.exists()


def test_nobody_else_judges_and_readers_do_not_at_all(mine, colleague):
    with pytest.raises(Forbidden, match="not yours"):
        judged(mine, colleague)
    with pytest.raises(Forbidden, match="lacks"):
        judged(mine, person("auditor", "auditor"))


@pytest.mark.django_db(transaction=True)
def test_undo_and_the_end_of_the_ten_seconds_at_once_have_one_winner(case, analyst):
    working.claim(case_id=case.pk, by=analyst)
    judged(case, analyst)
    gate = threading.Barrier(2)

    def take_back():
        try:
            gate.wait()
            undo(case_id=case.pk, by=analyst)
            return "undone"
        except Conflict:
            return "late"
        finally:
            connection.close()

    def take_effect():
        try:
            gate.wait()
            return "closed" if close_if_due(case_id=case.pk, now=later()) else "none"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(each) for each in (take_back, take_effect)]
        found = tuple(answer.result() for answer in answers)
    assert found in {("undone", "none"), ("late", "closed")}
    assert (Case.objects.get().status == "closed") == (found == ("late", "closed"))


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_close_one_does(case, analyst):
    working.claim(case_id=case.pk, by=analyst)
    judged(case, analyst)
    gate = threading.Barrier(3)

    def work():
        try:
            gate.wait()
            return close_if_due(case_id=case.pk, now=later())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(work) for _ in range(3)]
        assert sorted(each.result() for each in done) == [False, False, True]
    assert CaseEntry.objects.filter(kind="decided").count() == 1
