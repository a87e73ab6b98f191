"""A queue as CSV: what the page shows, all of it, to who may see it, and on the trail."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Alert, Case
from cases.reports.queue_csv import queue_csv
from cases.tests.conftest import flag, person
from cases.tests.test_pages import signed_in
from foundation.models import AuditEntry, User

pytestmark = pytest.mark.django_db

CSV = reverse("admin:cases_case_csv")


def rows_of(user, query: str = "") -> list[dict[str, str]]:
    answer = signed_in(user).get(CSV + query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_it_has_the_cases_of_the_queue_with_the_customer_masked(bank, case, analyst):
    flagged = flag(bank, "t-9", user_id="customer-other", amount=9_000_000.0)
    larger = open_alerts([flagged.pk])[0].case
    found = rows_of(analyst)
    assert [row["case"] for row in found] == [str(larger.pk), str(case.pk)]
    assert found[0]["amount"] == "9000000.00"
    assert found[0]["currency"] == "NGN"
    assert found[0]["customer"] == "cu••••er"[:2] + found[0]["customer"][2:]
    assert "customer-other" not in str(found)
    assert found[0]["top_reason"] == larger.alerts.get().reason


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 1), ("?status=closed", 0), ("?level=low", 0), ("?whose=unclaimed", 1), ("?x=1", 1)],
)
def test_it_keeps_to_the_filters_of_the_page(case, analyst, query, number):
    assert len(rows_of(analyst, query)) == number


def test_cases_of_other_institutions_are_left_out(case, stranger, analyst):
    open_alerts([flag(stranger, "theirs", user_id="their-customer").pk])
    assert [row["case"] for row in rows_of(analyst)] == [str(case.pk)]
    assert rows_of(User.objects.create_superuser("root"))[1:]  # who sees all gets all


def test_hostile_texts_are_no_formulas(case, analyst):
    Alert.objects.update(reason='=HYPERLINK("http://evil.example")')
    assert rows_of(analyst)[0]["top_reason"].startswith("'=HYPERLINK")


def test_who_exported_what_and_how_much_is_on_the_trail(case, analyst):
    rows_of(analyst, "?level=critical&level=high&q=customer-1")
    started, done = AuditEntry.objects.filter(subject="cases.queue").order_by("id")
    assert started.actor == done.actor == analyst
    assert started.after["filters"]["level"] == ["critical", "high"]
    assert "customer-1" not in str(started.after)
    assert done.after == {"rows": 1, "complete": True}


def test_a_reader_who_goes_away_is_on_the_trail_as_well(case, analyst):
    stream = queue_csv(Case.objects.all(), by=analyst, filters={}, now=clock.now())
    next(stream)
    stream.close()
    assert AuditEntry.objects.get(action="cases.export").after == {"rows": 1, "complete": False}


def test_the_number_of_queries_does_not_grow_with_the_rows(
    bank, analyst, django_assert_max_num_queries
):
    rows = [flag(bank, f"q-{n}", user_id=f"queue-{n}").pk for n in range(8)]
    open_alerts(rows)
    client = signed_in(analyst)
    with django_assert_max_num_queries(24):
        assert b"".join(client.get(CSV).streaming_content).count(b"\r\n") == 9


def test_nobody_without_the_right_gets_it(case, client):
    assert client.get(CSV).status_code == 302
    nobody = User.objects.create_user("nobody", is_staff=True)
    assert signed_in(nobody).get(CSV).status_code == 403


@pytest.mark.parametrize("role", ["auditor", "supervisor", "risk_manager"])
def test_whoever_may_see_cases_gets_theirs(case, role):
    assert len(rows_of(person(role, role))) == 1
    assert Case.objects.count() == 1
