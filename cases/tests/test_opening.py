"""Flagged decisions become alerts, and alerts of one customer one case."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone as clock
from msgspec import structs

from cases.alerts.opening import open_alerts
from cases.models import Alert, Case, CaseEntry
from cases.services import working
from cases.services.working import claim, decide
from cases.tests.conftest import flag
from foundation.outbox import drain_outbox
from rules.registry import registry
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import SUSPICIOUS, make_request, make_suspicious
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


def test_a_flagged_decision_becomes_an_alert_on_a_case_of_its_customer(bank):
    row = flag(bank, "t-1")
    [alert] = open_alerts([row.pk])
    case = alert.case
    assert (case.customer_id, case.institution_id) == (row.customer_id, bank.institution_id)
    assert (case.status, case.assignee, case.version) == ("open", None, 1)
    assert case.score == Decision.objects.get(pk=row.pk).fraud_score
    assert case.amount == 500_000
    assert alert.reason
    assert [entry.kind for entry in case.entries.order_by("id")] == ["opened", "alerted"]


def test_later_alerts_join_the_open_case_and_raise_what_is_at_stake(bank):
    first = open_alerts([flag(bank, "t-1").pk])[0].case
    second = open_alerts([flag(bank, "t-2").pk])[0].case
    assert first.pk == second.pk
    second.refresh_from_db()
    assert second.amount == 1_000_000
    assert second.loss > first.loss
    assert second.rank > first.rank
    assert second.version == 2


def test_alerts_of_one_batch_open_one_case_for_each_customer(bank, django_assert_num_queries):
    rows = [flag(bank, f"t-{n}", user_id=f"customer-{n % 2}").pk for n in range(6)]
    alerts = open_alerts(rows)
    assert len(alerts) == 6
    assert Case.objects.count() == 2
    assert set(Case.objects.values_list("amount", flat=True)) == {1_500_000}


def test_the_number_of_queries_does_not_grow_with_the_batch(bank, django_assert_max_num_queries):
    rows = [flag(bank, f"t-{n}", user_id=f"customer-{n}").pk for n in range(12)]
    with django_assert_max_num_queries(13):
        open_alerts(rows)


def test_repeating_adds_nothing(bank):
    row = flag(bank, "t-1")
    open_alerts([row.pk])
    before = Case.objects.values().get()
    assert open_alerts([row.pk]) == []
    assert Case.objects.values().get() == before
    assert (Alert.objects.count(), CaseEntry.objects.count()) == (1, 2)


def closed(case, by, *, hours_ago=0.0, disposition="genuine"):
    claim(case_id=case.pk, by=by)
    decide(case_id=case.pk, disposition=disposition, by=by, reason="The customer confirmed.")
    Case.objects.filter(pk=case.pk).update(closed_at=clock.now() - timedelta(hours=hours_ago))
    return case


def test_a_case_closed_a_short_while_ago_is_reopened_and_says_how_it_had_ended(bank, case, analyst):
    closed(case, analyst, hours_ago=71)
    [alert] = open_alerts([flag(bank, "t-2").pk])
    assert alert.case_id == case.pk
    case.refresh_from_db()
    assert (case.status, case.disposition, case.assignee, case.amount) == ("open", "", None, 10**6)
    assert case.due_at > clock.now()
    reopened = case.entries.get(kind="reopened")
    assert (reopened.facts["disposition"], reopened.by) == ("genuine", None)


def test_a_case_closed_long_ago_stays_closed_and_a_new_one_is_opened(bank, case, analyst, settings):
    closed(case, analyst, hours_ago=73)
    [alert] = open_alerts([flag(bank, "t-2").pk])
    assert alert.case.pk != case.pk
    assert alert.case.amount == 500_000
    settings.CASE_REOPEN_HOURS = 0
    closed(alert.case, analyst)
    [later] = open_alerts([flag(bank, "t-3").pk])
    assert later.case_id not in {case.pk, alert.case_id}


@pytest.mark.parametrize("claimed", [True, False])
def test_a_new_alert_wakes_a_case_that_waits_or_sleeps(bank, case, analyst, supervisor, claimed):
    if claimed:
        claim(case_id=case.pk, by=analyst)
    working.set_status(case_id=case.pk, status="waiting", by=supervisor)
    working.snooze(case_id=case.pk, until=clock.now() + timedelta(days=3), by=supervisor)
    open_alerts([flag(bank, "t-2").pk])
    case.refresh_from_db()
    assert case.status == ("in_progress" if claimed else "open")
    assert case.snoozed_until is None
    assert [entry.kind for entry in case.entries.order_by("id")][-2:] == ["woke", "alerted"]


@pytest.mark.parametrize(
    ("policy", "alerts"),
    [
        (("review", "declined"), 1),
        (("review",), 0),
        (("declined",), 1),
        ((), 0),
    ],
)
def test_the_vertical_says_which_decisions_become_alerts(bank, policy, alerts):
    row = flag(bank, "t-1")
    decision = Decision.objects.get(pk=row.pk)
    assert decision.status == "declined"
    book = registry.exact(decision.ruleset_number)
    book.configs["fintech"] = structs.replace(book.configs["fintech"], alert_on=policy)
    assert len(open_alerts([row.pk])) == alerts


def test_the_case_knows_its_rules_what_they_point_to_and_its_worth_in_dollars(bank):
    supplied = {"minutes_since_sim_change": 60.0, "transaction_direction": "out"}
    request = make_suspicious(transaction_id="sim", supplied={**SUSPICIOUS, **supplied})
    score_transaction(client=bank, request=request, source="test")
    [alert] = open_alerts([Transaction.objects.get(external_id="sim").pk])
    case = alert.case
    hits = {hit["code"] for hit in Decision.objects.get(pk=alert.transaction_id).hits}
    assert "sim_swap_payout" in hits
    assert set(case.codes) == hits
    assert case.suspected == "sim_swap"
    before = case.amount_usd
    assert 100 < before < 2_000  # 500,000 naira
    open_alerts([flag(bank, "t-2", user_id="ada").pk])
    case.refresh_from_db()
    assert case.amount_usd == pytest.approx(2 * before)


def test_decisions_raise_alerts_by_themselves_and_imports_do_not(bank):
    score_transaction(client=bank, request=make_suspicious(transaction_id="live"), source="test")
    score_transaction(
        client=bank,
        request=make_suspicious(transaction_id="old"),
        source="import:test",
        imported=True,
    )
    score_transaction(
        client=bank, request=make_request(transaction_id="plain", user_id="grace"), source="test"
    )
    drain_outbox()
    assert list(Alert.objects.values_list("transaction__external_id", flat=True)) == ["live"]


def test_customers_of_two_institutions_have_cases_of_their_own(bank, stranger):
    rows = [flag(bank, "t-1").pk, flag(stranger, "t-1").pk]
    open_alerts(rows)
    institutions = set(Case.objects.values_list("institution_id", flat=True))
    assert institutions == {bank.institution_id, stranger.institution_id}


def test_an_amount_in_another_currency_is_at_risk_in_the_institutions(bank):
    request = make_suspicious(transaction_id="usd", amount=1_000.0, currency="USD")
    score_transaction(client=bank, request=request, source="test")
    [alert] = open_alerts([Transaction.objects.get(external_id="usd").pk])
    assert alert.amount > 100_000  # naira
    assert alert.loss <= 1_000.0  # dollars


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_open_one_case(bank):
    rows = [flag(bank, f"t-{n}").pk for n in range(8)]
    gate = threading.Barrier(8)

    def one(row):
        try:
            gate.wait()
            return len(open_alerts([row]))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, rows)) == [1] * 8
    case = Case.objects.get()
    assert (case.amount, case.alerts.count(), case.version) == (4_000_000, 8, 8)
    assert case.entries.filter(kind="opened").count() == 1
    assert case.due_at > clock.now()
