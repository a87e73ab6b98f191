"""Closing a case with much at risk takes a second person."""

import pytest

from cases.alerts.opening import open_alerts
from cases.models import Case, ReviewOutcome
from cases.page.acting import offered
from cases.services import four_eyes, working
from cases.services.outcomes import set_outcome
from cases.tests.conftest import flag, person
from foundation import approvals
from foundation.errors import Conflict, Forbidden
from foundation.models import ApprovalRequest, User
from transactions.models import Label

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def low_limit(settings):
    settings.FOUR_EYES_ABOVE_USD = 100


@pytest.fixture
def proposed(case, analyst) -> ApprovalRequest:
    working.claim(case_id=case.pk, by=analyst)
    decide(case, analyst)
    return ApprovalRequest.objects.get()


def decide(case, by, **more):
    given = {"disposition": "confirmed_fraud", "typology": "sim_swap", "reason": "SIM changed."}
    return working.decide(case_id=case.pk, by=by, **{**given, **more})


def test_the_case_waits_escalated_and_nothing_leaves_the_house(case, proposed):
    case.refresh_from_db()
    assert (case.status, case.proposal, case.disposition) == ("escalated", proposed, "")
    assert case.entries.get(kind="proposed").text == "SIM changed."
    assert not Label.objects.exists()
    assert not ReviewOutcome.objects.exists()
    assert proposed.reason == ""  # what people write stays with the case


@pytest.mark.parametrize("role", ["analyst", "supervisor"])
def test_nobody_releases_its_transactions_alone(case, role):
    somebody = person(f"one-{role}", role)
    working.claim(case_id=case.pk, by=somebody)
    given = {"case_id": case.pk, "by": somebody, "reason": "called"}
    transaction = case.alerts.get().transaction_id
    with pytest.raises(Conflict, match="nobody releases alone"):
        set_outcome(transaction_id=transaction, status="approved", **given)
    assert not ReviewOutcome.objects.exists()
    shown = offered(Case.objects.get(), somebody)
    assert "decline_one" in shown
    assert "release_one" not in shown
    assert set_outcome(transaction_id=transaction, status="declined", **given).pk


def test_once_a_supervisor_agrees_it_is_closed_as_the_analyst_found(
    case, proposed, analyst, supervisor
):
    working.note(case_id=case.pk, by=supervisor, text="Looked at it: agreed.")
    done = approvals.approve(request=proposed, by=supervisor)
    assert done.state == "executed"
    case.refresh_from_db()
    assert (case.status, case.disposition, case.typology) == (
        "closed", "confirmed_fraud", "sim_swap",
    )  # fmt: skip
    assert (case.assignee, case.proposal) == (analyst, None)
    decided = case.entries.get(kind="decided")
    assert (decided.by, decided.text) == (analyst, "SIM changed.")
    assert decided.facts["agreed"] == ["supervisor"]
    assert Label.objects.get().is_fraud


def test_rejected_it_goes_on_with_the_comment(case, proposed, analyst, supervisor):
    approvals.reject(request=proposed, by=supervisor, comment="Ask the customer first.")
    case.refresh_from_db()
    assert (case.status, case.proposal, case.assignee) == ("in_progress", None, analyst)
    last = case.entries.order_by("pk").last()
    assert (last.by, last.text) == (supervisor, "Rejected: Ask the customer first.")
    decide(case, analyst)
    assert ApprovalRequest.objects.count() == 2


def test_what_changed_meanwhile_is_not_closed_and_says_why(bank, case, proposed, supervisor):
    open_alerts([flag(bank, "t-2").pk])
    failed = approvals.approve(request=proposed, by=supervisor)
    assert failed.state == "failed"
    assert "changed since the verdict: alert added" in failed.error
    case.refresh_from_db()
    assert (case.status, case.proposal) == ("in_progress", None)
    assert "Approved, but not closed" in case.entries.order_by("pk").last().text
    assert not Label.objects.exists()
    again = approvals.execute(request=failed, by=supervisor)
    assert again.state == "failed"
    assert "does not wait for this any more" in again.error


def test_nobody_agrees_to_their_own_not_even_a_supervisor(case, supervisor):
    decide(case, supervisor)
    request = ApprovalRequest.objects.get()
    with pytest.raises(Forbidden, match="own request"):
        approvals.approve(request=request, by=supervisor)
    approvals.approve(request=request, by=person("another", "supervisor"))
    assert Case.objects.get().status == "closed"


@pytest.mark.parametrize("role", ["analyst", "risk_manager", "auditor", "administrator"])
def test_only_supervisors_agree(proposed, role):
    with pytest.raises(Forbidden):
        approvals.approve(request=proposed, by=person("somebody", role))


def test_a_supervisor_of_another_institution_does_not_see_the_request(proposed, stranger):
    other = User.objects.get(pk=person("other", "supervisor").pk)
    other.scopes.all().delete()
    other = User.objects.get(pk=other.pk)
    assert not approvals.waiting_for(other).exists()
    with pytest.raises(Forbidden, match="not yours"):
        approvals.approve(request=proposed, by=other)


def test_meanwhile_the_case_stands_still(case, proposed, analyst, supervisor):
    for act in (
        lambda: decide(case, supervisor),
        lambda: working.release(case_id=case.pk, by=analyst),
        lambda: working.set_status(case_id=case.pk, status="waiting", by=analyst),
        lambda: working.assign(case_id=case.pk, to=supervisor, by=supervisor),
    ):
        with pytest.raises(Conflict, match="second person"):
            act()


def test_who_gave_the_verdict_takes_it_back(case, proposed, analyst, colleague):
    with pytest.raises(Forbidden):
        four_eyes.withdraw(case_id=case.pk, by=colleague)
    assert four_eyes.withdraw(case_id=case.pk, by=analyst).status == "in_progress"
    proposed.refresh_from_db()
    assert proposed.state == "cancelled"
    with pytest.raises(Conflict):
        four_eyes.withdraw(case_id=case.pk, by=analyst)


@pytest.mark.parametrize(("above", "asks"), [(0, False), (10, True), (1_000_000, False)])
def test_the_amount_decides(case, analyst, settings, above, asks):
    settings.FOUR_EYES_ABOVE_USD = above
    working.claim(case_id=case.pk, by=analyst)
    assert (decide(case, analyst).status == "escalated") == asks


def test_who_may_work_no_longer_closes_nothing(case, proposed, analyst, supervisor):
    analyst.groups.clear()
    assert approvals.approve(request=proposed, by=supervisor).state == "failed"
    assert Case.objects.get().status == "in_progress"
