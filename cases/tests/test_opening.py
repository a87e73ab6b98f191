"""Flagged decisions become alerts, and alerts of one customer one case."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone as clock

from cases.models import Alert, Case, CaseEntry
from cases.opening import open_alerts
from cases.tests.conftest import flag
from cases.working import claim, decide
from foundation.outbox import drain_outbox
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious
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


def test_after_a_closed_case_a_new_one_is_opened(bank, case, analyst):
    claim(case_id=case.pk, by=analyst)
    decide(case_id=case.pk, disposition="genuine", by=analyst, reason="The customer confirmed.")
    [alert] = open_alerts([flag(bank, "t-2").pk])
    assert alert.case.pk != case.pk
    assert alert.case.amount == 500_000


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
