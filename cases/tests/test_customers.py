"""The customer's page: what it tells, to whom, within which bounds."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from cases.customers import profile, velocity
from cases.customers.reading import PAGE
from cases.tests.conftest import person
from cases.tests.linking import alerted, convicted, used
from clients.models import Institution
from foundation.models import AuditEntry
from foundation.outbox import drain_outbox
from intelligence.lists.checking import Draft, make_entry
from intelligence.models import List
from scoring.profiles.habits import Habits, Seen, learn
from transactions.models import Customer, Label, Transaction
from transactions.services import Told, record_labels

ALL = {
    "device_id": "device-77",
    "card_token": "token-4242",
    "email": "ada@example.com",
    "phone": "+2348031234567",
    "ip_address": "102.89.1.2",
    "beneficiary_id": "payee-9",
}


@pytest.fixture
def analyst(bank):
    return person("analyst")


def page_of(customer_id: int, query: str = "") -> str:
    return reverse("admin:transactions_customer_change", args=[customer_id]) + query


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read(user, customer_id: int, query: str = "") -> str:
    answer = signed_in(user).get(page_of(customer_id, query))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def listed(value: str, kind: str, **fields):
    row, _ = List.objects.get_or_create(
        name="watched", defaults={"title": "Watched ones", "kinds": [kind]}
    )
    row.kinds = [*{*row.kinds, kind}]
    row.save()
    whose = Institution.objects.filter(pk=fields.get("institution_id")).first()
    draft = Draft(value=value, kind=kind, reason="Seen in a ring.", institution=whose)
    entry = make_entry(row, draft, by="risk", now=clock.now())
    for name, field in fields.items():
        setattr(entry, name, field)
    entry.save()
    return entry


# -- what it tells ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_tells_all_that_is_known_and_shows_no_identifier_in_full(bank, analyst):
    rows = used(bank, "customer-ada", times=4, **ALL)
    case = convicted(bank, "customer-mallory", device_id="device-77")
    drain_outbox()
    record_labels(
        [Told(rows[0].pk, True, Label.Source.CHARGEBACK, clock.now(), "sim_swap")], by="bank"
    )
    page = read(analyst, rows[0].customer_id)
    for part in (
        "a••••@example.com",
        "1 other, 1 confirmed fraud",
        rows[0].external_id,
        "sim_swap",
        "4 in 30 days, at most 4 a day",
        "NGN 6,000.00 in 30 days",
        "1 device of late",
        "1 payee of late",
    ):
        assert part in page, part
    for value in (*ALL.values(), "customer-ada", "customer-mallory"):
        assert value not in page, value
    theirs = read(analyst, case.customer_id)
    assert "confirmed fraud in 1 case" in theirs
    assert reverse("admin:cases_case_change", args=[case.pk]) in theirs


@pytest.mark.django_db
def test_a_customer_of_whom_nothing_is_known_has_a_page_that_says_so(bank, analyst):
    customer = Customer.objects.create(
        institution_id=bank.institution_id,
        reference_hash=b"1" * 16,
        reference_sealed=b"",
        hash_version=1,
        first_seen_at=clock.now(),
    )
    page = read(analyst, customer.pk)
    for part in (
        "Nothing is known yet",
        "No transaction.",
        "No decision yet.",
        "None is known yet",
        "was ever flagged",
        "stands on a list",
    ):
        assert part in page, part


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "kind"),
    [("device-77", "device"), ("token-4242", "card"), ("ada@example.com", "email")],
)
def test_entries_that_name_something_of_the_customer_are_shown(bank, analyst, value, kind):
    [row] = used(bank, "ada", **ALL)
    [other] = used(bank, "eve", device_id="device-1")
    entry = listed(value, kind)
    link = reverse("admin:intelligence_listentry_change", args=[entry.pk])
    assert link in read(analyst, row.customer_id)
    assert link not in read(analyst, other.customer_id)


@pytest.mark.django_db
def test_the_customer_itself_may_stand_on_a_list_of_its_institution(bank, stranger, analyst):
    [row] = used(bank, "ada")
    for institution, shown in ((stranger, False), (bank, True)):
        entry = listed("ada", "customer", institution_id=institution.institution_id)
        link = reverse("admin:intelligence_listentry_change", args=[entry.pk])
        assert (link in read(analyst, row.customer_id)) == shown


@pytest.mark.django_db
def test_ended_entries_are_told_as_ended(bank, analyst):
    [row] = used(bank, "ada", device_id="device-77")
    listed("device-77", "device", ended_at=clock.now(), ended_by="x", end_reason="mistake")
    assert "<td>ended</td>" in read(analyst, row.customer_id)


@pytest.mark.django_db
def test_an_open_case_leads_to_its_graph(bank, analyst):
    case = alerted(bank, "ada", device_id="device-77")
    page = read(analyst, case.customer_id)
    assert reverse("admin:cases_case_graph", args=[case.pk]) in page
    assert f"open case {case.pk}" in page


@pytest.mark.django_db
def test_hostile_names_are_shown_as_text(bank, analyst):
    name = '"><script>alert(1)</script>'
    [row] = used(bank, name, device_id=name, beneficiary_id=name)
    assert "<script>alert" not in read(analyst, row.customer_id)


# -- who sees it ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_customer_of_another_institution_is_as_absent_as_one_that_never_was(
    bank, stranger, analyst
):
    [theirs] = used(stranger, "ada", **ALL)
    assert signed_in(analyst).get(page_of(theirs.customer_id)).status_code == 302
    [ours] = used(bank, "ada", **ALL)
    assert "nobody else known" in read(analyst, ours.customer_id)
    assert "1 other" not in read(analyst, ours.customer_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"), [("reference", "ada"), ("email", "ada@example.com"), ("ip", "102.89.1.2")]
)
def test_an_identifier_is_shown_to_who_asks_and_the_look_is_written_down(
    bank, analyst, field, value
):
    [row] = used(bank, "ada", **ALL)
    url = reverse("admin:transactions_customer_reveal", args=[row.customer_id, field])
    assert value in signed_in(analyst).post(url).content.decode()
    assert AuditEntry.objects.filter(action="identifier.reveal").count() == 1
    assert signed_in(person("auditor", "auditor")).post(url).status_code == 403
    assert signed_in(analyst).get(url).status_code == 405


# -- bounds -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_older_decisions_come_page_by_page(bank, analyst):
    rows = used(bank, "ada", times=PAGE + 3)
    first = read(analyst, rows[0].customer_id)
    assert rows[-1].external_id in first
    assert rows[0].external_id not in first
    second = read(analyst, rows[0].customer_id, f"?before={rows[3].pk}")
    assert rows[0].external_id in second
    assert "Older" not in second
    assert f"?before={rows[3].pk}" in first


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?before=x", "?before=", "?before=%0A", "?before=" + "9" * 400])
def test_a_hostile_address_does_no_harm(bank, analyst, query):
    [row] = used(bank, "ada")
    assert row.external_id in read(analyst, row.customer_id, query)


@pytest.mark.django_db
def test_the_page_takes_as_many_queries_for_much_as_for_little(bank, analyst):
    [row] = used(bank, "ada", **ALL)
    convicted(bank, "ada", **ALL)
    client = signed_in(analyst)
    client.get(page_of(row.customer_id))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(row.customer_id))
    for n in range(12):
        used(bank, "ada", times=3, device_id=f"d-{n}", ip_address=f"102.89.1.{n}")
        used(bank, f"eve-{n}", device_id="device-77")
        listed(f"d-{n}", "device")
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(row.customer_id))
    assert len(many) == len(few) <= 25
    assert not [query for query in many if "COUNT(*)" in query["sql"]]


# -- velocity and profile ---------------------------------------------------------------------

TODAY = date(2026, 5, 31)


def test_bars_stand_for_days_and_say_so(rates):
    shown = velocity.pictures(
        [(TODAY, "USD", 4, 100.0, 1), (TODAY - timedelta(days=29), "USD", 1, 5.0, 0)], "USD", TODAY
    )
    heights = [bar.height for bar in shown.counts]
    assert len(heights) == velocity.DAYS
    assert heights[-1] == max(heights) > heights[0] > 0
    assert set(heights[1:-1]) == {0.0}
    assert shown.counts[-1].title == "Sun 31 May: 4"
    assert shown.told_amounts == "USD 105.00 in 30 days, at most USD 100.00 a day"
    assert not shown.only


def test_what_was_declined_is_drawn_as_a_part_of_its_day(rates):
    shown = velocity.pictures([(TODAY, "USD", 4, 1.0, 1), (TODAY, "NGN", 4, 1.0, 1)], "USD", TODAY)
    assert shown.declined[-1].height == pytest.approx(shown.counts[-1].height / 4)
    assert shown.declined[-1].title == "Sun 31 May: 2 declined"
    assert shown.told_declined == "2 declined, at most 2 a day"
    assert velocity.pictures([(TODAY, "USD", 4, 1.0, 0)], "USD", TODAY).told_declined == (
        "none declined"
    )


@pytest.mark.django_db
def test_the_newest_hour_is_compared_with_the_busiest_before(bank, analyst):
    now = clock.now()
    made = used(bank, "ada", times=5)
    moments = [50, 49, 5, 2, 1]  # hours, and then minutes, ago
    for row, ago in zip(made, moments, strict=True):
        back = timedelta(hours=ago) if ago > 5 else timedelta(minutes=ago)
        Transaction.objects.filter(pk=row.pk).update(occurred_at=now - back)
    hour = velocity.newest_hour(made[0].customer_id, now=now)
    assert (hour.number, hour.before, hour.is_now, hour.is_record) == (3, 2, True, True)
    page = read(analyst, made[0].customer_id)
    assert "✕ 3</b> transactions in the last hour; busiest before was 2." in page
    later = velocity.newest_hour(made[0].customer_id, now=now + timedelta(days=1))
    assert not later.is_now


@pytest.mark.django_db
def test_who_never_transacted_has_no_hour():
    assert velocity.newest_hour(0, now=clock.now()) is None


def test_days_before_the_thirty_are_not_drawn(rates):
    shown = velocity.pictures([(TODAY - timedelta(days=30), "USD", 9, 1.0, 0)], "USD", TODAY)
    assert shown.quiet
    assert velocity.pictures([], "USD", TODAY).quiet


def test_when_not_all_was_read_the_page_says_back_to_when(rates):
    shown = velocity.pictures([(TODAY, "USD", velocity.READ, 1.0, 0)], "USD", TODAY)
    assert shown.only == "From the newest 2,000 transactions alone, back to 2026-05-31."


def test_amounts_without_a_rate_are_left_out_of_the_sum(rates):
    shown = velocity.pictures([(TODAY, "XXX", 2, 7.0, 0)], "USD", TODAY)
    assert shown.told_counts.startswith("2 in")
    assert shown.told_amounts.startswith("USD 0.00")


@pytest.fixture
def rates(monkeypatch):
    from intelligence.rates import RateTable

    monkeypatch.setattr(velocity, "current_rates", lambda: RateTable([]))


def test_habits_are_told_in_words_and_nothing_of_a_stranger():
    assert profile.in_words(Habits(), "NGN") == []
    at = datetime(2026, 5, 3, 9, tzinfo=UTC).timestamp()
    seen = Seen(
        occurred_at=at,
        ordinary=True,
        amount=100.0,
        hour=9,
        weekday=6,
        device=7,
        country="NG",
        beneficiary=b"12345678",
        channel="app",
        charged_back_at=at,
    )
    told = dict(profile.in_words(learn(Habits(), [seen] * 5), "NGN"))
    assert told["Amounts"].endswith("at most NGN 100")
    assert told["Hours"].startswith("100% from")
    assert told["Countries"] == "NG"
    assert told["Devices"] == "1 device of late"
    assert told["Charged back"] == "5 times"
    assert "Merchants" not in told
