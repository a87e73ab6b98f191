"""The list of all alerts: what it shows, to whom, at what cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.alerts.opening import open_alerts
from cases.models import Alert
from cases.tests.conftest import flag
from cases.tests.test_pages import HOSTILE, signed_in, text_of
from foundation.roles import ROLES, assign_roles

pytestmark = pytest.mark.django_db

ALERTS = reverse("admin:cases_alert_changelist")


def shown(user, query: str = "") -> str:
    answer = signed_in(user).get(ALERTS + query)
    assert answer.status_code == 200
    return text_of(answer)


@pytest.fixture
def alert(case) -> Alert:
    return case.alerts.select_related("transaction").get()


def test_an_alert_leads_to_its_case_and_to_its_decision(alert, analyst):
    page = shown(analyst)
    assert reverse("admin:cases_case_change", args=[alert.case_id]) in page
    assert reverse("admin:scoring_decision_change", args=[alert.transaction_id]) in page
    assert alert.reason in page
    assert "NGN 500,000.00" in page


def test_its_own_address_leads_to_its_case(alert, analyst):
    answer = signed_in(analyst).get(reverse("admin:cases_alert_change", args=[alert.pk]))
    assert answer.url == f"/admin/cases/case/{alert.case_id}/change/?tab=alerts#tabs"


def test_alerts_of_other_institutions_are_not_there(stranger, alert, analyst):
    [theirs] = open_alerts([flag(stranger, "theirs-1").pk])
    assert "theirs-1" not in shown(analyst)
    assert ">theirs-1<" not in shown(analyst, "?q=theirs-1")
    address = reverse("admin:cases_alert_change", args=[theirs.pk])
    assert signed_in(analyst).get(address).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=declined", True),
        ("?status=review", False),
        ("?case_status=open", True),
        ("?case_status=closed", False),
        ("?transaction__vertical=fintech", True),
        ("?transaction__vertical=betting", False),
        ("?q=t-1", True),
        ("?q=t-2", False),
    ],
)
def test_filters_and_search_leave_what_they_say(alert, analyst, query, found):
    Alert.objects.update(status="declined")
    assert (">t-1<" in shown(analyst, query)) == found


def test_an_empty_list_says_how_it_fills(analyst):
    assert "raises an alert here within seconds" in shown(analyst)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_finds_alerts_and_customers_under_review(bank, analyst, role):
    assign_roles(user=analyst, roles=[role], by="tests")
    page = shown(analyst)
    review = page.partition("Review")[2].partition("Shared queues")[0]
    assert ALERTS in review
    assert reverse("admin:transactions_customer_changelist") in review


@pytest.mark.parametrize(
    "query", [f"?status={HOSTILE}", "?q=%00", "?case_status=x", "?transaction__vertical=%00"]
)
def test_a_hostile_address_does_no_harm(alert, analyst, query):
    answer = signed_in(analyst).get(ALERTS + query)
    assert answer.status_code in (200, 302, 400)
    assert "<img src=x" not in answer.content.decode()


def test_many_alerts_take_as_many_queries_as_few_and_none_counts_all(bank, alert, analyst):
    client = signed_in(analyst)
    client.get(ALERTS)
    with CaptureQueriesContext(connection) as few:
        client.get(ALERTS)
    open_alerts([flag(bank, f"more-{n}", user_id=f"customer-{n}").pk for n in range(6)])
    with CaptureQueriesContext(connection) as many:
        client.get(ALERTS)
    assert len(many) == len(few) <= 12
    counts = [query["sql"] for query in many if "COUNT(" in query["sql"]]
    assert all("LIMIT" in sql for sql in counts)
