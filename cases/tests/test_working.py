"""What analysts do with cases, and what they may not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, ReviewOutcome
from cases.queues.filters import Filter
from cases.services import working
from cases.services.working import claim, claim_next, decide
from cases.tests.conftest import flag, person
from foundation.errors import BadRequest, Conflict, Forbidden
from foundation.models import AuditEntry, OutboxEvent
from transactions.models import Label

pytestmark = pytest.mark.django_db
EVERYTHING = Filter()


def taken(case, by):
    return claim(case_id=case.pk, by=by)


def test_the_most_valuable_case_is_claimed_first(bank, analyst):
    rows = [
        flag(bank, f"t-{amount}", user_id=f"customer-{amount}", amount=amount).pk
        for amount in (600_000.0, 5_000_000.0, 900_000.0)
    ]
    open_alerts(rows)
    amounts = [claim_next(by=analyst, which=EVERYTHING).amount for _ in range(3)]
    assert amounts == [5_000_000, 900_000, 600_000]
    assert claim_next(by=analyst, which=EVERYTHING) is None


@pytest.mark.django_db(transaction=True)
def test_no_case_goes_to_two(bank):
    open_alerts([flag(bank, f"t-{n}", user_id=f"customer-{n}").pk for n in range(30)])
    people = [person(f"analyst-{n}") for n in range(10)]
    gate = threading.Barrier(len(people))

    def work(user):
        try:
            gate.wait()
            mine = []
            while case := claim_next(by=user, which=EVERYTHING):
                mine.append(case.pk)
            return mine
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        claimed = [pk for mine in pool.map(work, people) for pk in mine]
    assert sorted(claimed) == sorted(Case.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (Filter(), True),
        (Filter(institutions=[]), False),
        (Filter(verticals=("fintech",)), True),
        (Filter(verticals=("betting",)), False),
    ],
)
def test_only_cases_of_the_filter_are_claimed(case, analyst, which, found):
    assert (claim_next(by=analyst, which=which) is not None) == found


def test_a_snoozed_case_is_not_handed_out_until_its_time(case, analyst, colleague):
    taken(case, analyst)
    working.snooze(case_id=case.pk, until=clock.now() + timedelta(hours=1), by=analyst)
    working.release(case_id=case.pk, by=analyst)
    assert claim_next(by=colleague, which=EVERYTHING) is None
    Case.objects.update(snoozed_until=clock.now() - timedelta(seconds=1))
    assert claim_next(by=colleague, which=EVERYTHING) == case


def test_somebody_elses_case_is_refused(case, analyst, colleague):
    taken(case, analyst)
    with pytest.raises(Conflict, match="analyst has claimed"):
        claim(case_id=case.pk, by=colleague)
    with pytest.raises(Forbidden, match="not yours"):
        decide(case_id=case.pk, disposition="genuine", by=colleague, reason="fine")


def test_what_an_analyst_releases_stays_escalated_and_is_for_supervisors(
    case, analyst, colleague, supervisor
):
    taken(case, analyst)
    working.set_status(case_id=case.pk, status="escalated", by=analyst, reason="See the device.")
    assert working.release(case_id=case.pk, by=analyst).status == "escalated"
    assert claim_next(by=colleague, which=EVERYTHING) is None
    for user in (analyst, colleague):
        with pytest.raises(Forbidden, match="a supervisor takes it"):
            claim(case_id=case.pk, by=user)
    assert claim_next(by=supervisor, which=EVERYTHING) == case
    working.release(case_id=case.pk, by=supervisor)
    found = claim(case_id=case.pk, by=supervisor)
    assert (found.assignee, found.status) == (supervisor, "escalated")


def test_confirmed_fraud_is_a_label_and_a_decline_for_each_transaction(bank, case, analyst):
    open_alerts([flag(bank, "t-2").pk])
    taken(case, analyst)
    decide(
        case_id=case.pk,
        disposition="confirmed_fraud",
        typology="account_takeover",
        by=analyst,
        reason="The customer did not make them.",
    )
    labels = Label.objects.values_list("is_fraud", "source", "typology")
    assert list(labels) == [(True, "analyst", "account_takeover")] * 2
    assert list(ReviewOutcome.objects.values_list("status", flat=True)) == ["declined"] * 2
    case.refresh_from_db()
    assert (case.status, case.disposition, case.assignee) == ("closed", "confirmed_fraud", analyst)
    assert case.closed_at is not None


@pytest.mark.parametrize(
    ("disposition", "labels", "outcomes"),
    [("genuine", [False], ["approved"]), ("suspected", [], []), ("inconclusive", [], [])],
)
def test_only_what_is_known_becomes_a_label(case, analyst, disposition, labels, outcomes):
    taken(case, analyst)
    decide(case_id=case.pk, disposition=disposition, by=analyst, reason="As far as one can see.")
    assert list(Label.objects.values_list("is_fraud", flat=True)) == labels
    assert list(ReviewOutcome.objects.values_list("status", flat=True)) == outcomes


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"disposition": "guilty"}, "disposition"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 2_001}, "reason"),
        ({"disposition": "confirmed_fraud"}, "typology"),
        ({"typology": "sim_swap"}, "typology"),
        ({"disposition": "suspected", "typology": "<script>=1"}, "typology"),
    ],
)
def test_a_decision_that_lacks_something_is_refused_and_changes_nothing(
    case, analyst, fields, named
):
    taken(case, analyst)
    given = {"disposition": "genuine", "reason": "fine", **fields}
    with pytest.raises(BadRequest) as refused:
        decide(case_id=case.pk, by=analyst, **given)
    assert [error.field for error in refused.value.errors] == [named]
    assert not Label.objects.exists()
    assert Case.objects.get().status == "in_progress"


def test_a_form_over_an_older_state_is_refused(case, analyst):
    shown = taken(case, analyst).version
    working.note(case_id=case.pk, by=analyst, text="They called back.")
    with pytest.raises(Conflict, match="Somebody changed the case"):
        decide(case_id=case.pk, disposition="genuine", by=analyst, reason="fine", version=shown)


def test_a_closed_case_is_refused_but_takes_notes(case, analyst):
    taken(case, analyst)
    decide(case_id=case.pk, disposition="genuine", by=analyst, reason="fine")
    with pytest.raises(Conflict, match="closed already"):
        decide(case_id=case.pk, disposition="suspected", by=analyst, reason="hm")
    with pytest.raises(Conflict, match="closed already"):
        claim(case_id=case.pk, by=analyst)
    entry = working.note(case_id=case.pk, by=analyst, text="A letter came.")
    assert entry.text == "A letter came."


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_told(case, supervisor):
    gate = threading.Barrier(2)

    def one(disposition):
        try:
            gate.wait()
            decide(case_id=case.pk, disposition=disposition, by=supervisor, reason="seen")
            return disposition
        except Conflict as conflict:
            return conflict.type
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = set(pool.map(one, ["genuine", "suspected"]))
    assert "case-closed" in answers
    assert Case.objects.get().disposition in answers


def test_a_supervisor_hands_over_and_reopens(case, analyst, colleague, supervisor):
    taken(case, analyst)
    with pytest.raises(Forbidden):
        working.assign(case_id=case.pk, to=colleague, by=colleague)
    working.assign(case_id=case.pk, to=colleague, by=supervisor)
    decide(case_id=case.pk, disposition="genuine", by=colleague, reason="fine")
    with pytest.raises(Forbidden):
        working.reopen(case_id=case.pk, by=analyst, reason="New facts.")
    working.reopen(case_id=case.pk, by=supervisor, reason="New facts.")
    case.refresh_from_db()
    assert (case.status, case.disposition, case.assignee) == ("open", "", None)


def test_the_time_to_decide_begins_anew_when_a_case_is_reopened(case, supervisor):
    decide(case_id=case.pk, disposition="genuine", by=supervisor, reason="fine")
    long_ago = clock.now() - timedelta(days=30)
    Case.objects.update(due_at=long_ago, warned_at=long_ago)
    working.reopen(case_id=case.pk, by=supervisor, reason="New facts.")
    case.refresh_from_db()
    assert case.due_at > clock.now()
    assert case.warned_at is None


def test_a_case_is_not_reopened_beside_another_of_the_customer(bank, case, supervisor, settings):
    settings.CASE_REOPEN_HOURS = 0
    decide(case_id=case.pk, disposition="genuine", by=supervisor, reason="fine")
    [alert] = open_alerts([flag(bank, "t-2").pk])
    with pytest.raises(Conflict, match=f"case {alert.case_id} is open"):
        working.reopen(case_id=case.pk, by=supervisor, reason="New facts.")


@pytest.mark.parametrize("role", ["auditor", "risk_manager", "administrator"])
def test_other_roles_may_not_work_on_cases(case, role):
    user = person(role, role)
    for act in (
        lambda: claim_next(by=user, which=EVERYTHING),
        lambda: claim(case_id=case.pk, by=user),
        lambda: working.note(case_id=case.pk, by=user, text="hi"),
        lambda: decide(case_id=case.pk, disposition="genuine", by=user, reason="fine"),
        lambda: working.reopen(case_id=case.pk, by=user, reason="because"),
    ):
        with pytest.raises(Forbidden):
            act()
    assert Case.objects.get().version == case.version


def test_every_change_is_on_the_timeline_the_trail_and_the_outbox(case, analyst):
    taken(case, analyst)
    working.set_status(case_id=case.pk, status="waiting", by=analyst, reason="Asked the customer.")
    working.note(case_id=case.pk, by=analyst, text="No answer yet.")
    decide(case_id=case.pk, disposition="inconclusive", by=analyst, reason="No answer.")
    kinds = ["opened", "alerted", "claimed", "status", "noted", "decided"]
    assert list(CaseEntry.objects.order_by("id").values_list("kind", flat=True)) == kinds
    audited = AuditEntry.objects.filter(subject=f"cases.case:{case.pk}").order_by("id")
    assert [entry.action for entry in audited] == [f"cases.{kind}" for kind in kinds]
    told = OutboxEvent.objects.filter(type="cases.case_changed.v1").order_by("id")
    assert [event.payload["kind"] for event in told] == kinds
    assert [event.payload["happening"] for event in told][-1] == "closed"
