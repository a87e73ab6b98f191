"""The webhook pages, seen by people who may and people who may not."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from clients.services import grant_scope
from clients.tests.conftest import make_user
from clients.webhooks.delivering import deliver_due
from clients.webhooks.emitting import emit
from clients.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from clients.webhooks.tests import server
from clients.webhooks.tests.conftest import SECRET, happening, make_endpoint
from foundation.models import AuditEntry
from foundation.tests.conftest import allow

pytestmark = pytest.mark.django_db

LIST = "/admin/clients/webhookendpoint/"
REGISTER = f"{LIST}register/"


@pytest.fixture
def boss(bank):
    return make_user("boss", "administrator")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(row, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_{name}", args=[row.pk])


@pytest.fixture
def tried(bank, endpoint, receiver) -> WebhookDelivery:
    receiver.behave = server.says(server.answer(500, b"database timeout for Ada Lovelace"))
    emit([happening(bank, reference="T-1815")])
    deliver_due()
    return WebhookDelivery.objects.get()


@pytest.mark.parametrize("role", ["analyst", "supervisor", "risk_manager"])
def test_webhooks_are_not_for_those_who_work_on_cases(role, endpoint, tried):
    client = signed_in(make_user("somebody", role))
    for url in (LIST, page(endpoint), page(tried), REGISTER, page(endpoint, "edit")):
        assert client.get(url).status_code in (302, 403), url  # as if absent, or refused


def test_an_auditor_reads_and_changes_nothing(endpoint, tried):
    client = signed_in(make_user("auditor", "auditor"))
    for row in (endpoint, tried):
        assert client.get(page(row)).status_code == 200
    text = client.get(page(endpoint)).content.decode()
    assert "Rotate" not in text
    assert "/hook" not in text
    for name in ("edit", "rotate", "remove"):
        assert client.get(page(endpoint, name)).status_code == 403
    for name in ("test", "secret", "state", "close"):
        assert client.post(page(endpoint, name)).status_code == 403
    assert client.post(page(tried, "again")).status_code == 403


@pytest.mark.parametrize("count", [1, 12])
def test_lists_take_a_constant_number_of_queries(
    count, bank, receiver, boss, django_assert_max_num_queries
):
    for number in range(count):
        make_endpoint(bank, receiver.url(f"/{number}"))
    emit([happening(bank)])
    client = signed_in(boss)
    for url in (LIST, "/admin/clients/webhookdelivery/"):
        with django_assert_max_num_queries(11):
            assert client.get(url).status_code == 200


def test_scoped_staff_see_their_own_institution_only(bank, neighbour, receiver):
    person = make_user("clerk", "analyst")
    allow(person, "clients.view_webhookendpoint", "clients.view_webhookdelivery")
    grant_scope(user=person, institution=bank, by="tests")
    theirs = make_endpoint(neighbour, receiver.url(), name="the neighbour's ledger")
    emit([happening(neighbour)])
    client = signed_in(person)
    assert "ledger" not in client.get(LIST).content.decode()
    assert client.get(page(theirs)).status_code == 302  # as if absent
    assert client.get(page(WebhookDelivery.objects.get())).status_code == 302
    assert "ledger" not in client.get("/admin/clients/webhookdelivery/").content.decode()


def test_an_endpoint_is_registered_edited_paused_and_removed(bank, boss, receiver):
    client = signed_in(boss)
    fields = {"institution": bank.pk, "name": "core", "url": receiver.url("/hook")}
    fields["events"] = ["fraud_detected"]
    assert client.get(REGISTER).status_code == 200
    assert client.post(REGISTER, fields).status_code == 302
    row = WebhookEndpoint.objects.get()
    fields = {"name": "ledger", "url": receiver.url("/new"), "events": ["transaction_approved"]}
    assert receiver.url("/hook") in client.get(page(row, "edit")).content.decode()
    assert client.post(page(row, "edit"), fields).status_code == 302
    client.post(page(row, "state"))
    row.refresh_from_db()
    assert (row.name, row.state) == ("ledger", "paused")
    assert "Go on" in client.get(page(row)).content.decode()
    client.post(page(row, "state"))
    assert client.post(page(row, "remove"), {"reason": ""}).status_code == 200
    assert client.post(page(row, "remove"), {"reason": "moved"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "removed"
    assert "Rotate" not in client.get(page(row)).content.decode()
    actions = AuditEntry.objects.filter(actor=boss).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["webhook.create", *["webhook.change"] * 3, "webhook.remove"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("url", "http://10.0.0.8/", "must be a public address"),
        ("url", "javascript:alert(1)", "must be an http or https URL"),
        ("events", [], "required"),
        ("events", ["fly"], "Select a valid choice"),
        ("name", "x" * 81, "at most 80"),
        ("institution", 10**9, "Select a valid choice"),
    ],
)
def test_a_wrong_form_is_shown_again(bank, boss, receiver, field, value, sentence):
    fields = {"institution": bank.pk, "name": "core", "url": receiver.url()}
    fields |= {"events": ["fraud_detected"], field: value}
    response = signed_in(boss).post(REGISTER, fields)
    assert (response.status_code, sentence in response.content.decode()) == (200, True)
    assert not WebhookEndpoint.objects.exists()


def test_a_secret_is_shown_once_asked_for_and_who_looked_is_known(endpoint, boss):
    client = signed_in(boss)
    assert client.get(page(endpoint, "secret")).status_code == 405
    response = client.post(page(endpoint, "secret"))
    assert SECRET in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert AuditEntry.objects.get(action="webhook.reveal_secret").actor == boss
    for url in (LIST, page(endpoint), page(endpoint, "edit"), page(endpoint, "rotate")):
        assert SECRET not in client.get(url).content.decode()


def test_rotation_shows_the_new_secret_and_asks_why(endpoint, boss):
    client = signed_in(boss)
    url = page(endpoint, "rotate")
    assert client.post(url, {"overlap": 24, "reason": ""}).status_code == 200
    assert client.post(url, {"overlap": 1000, "reason": "x"}).status_code == 200
    assert client.post(url, {"overlap": 1, "reason": "x", "secret": "short"}).status_code == 200
    assert WebhookSecret.objects.count() == 1
    text = client.post(url, {"overlap": 24, "reason": "yearly"}).content.decode()
    assert re.search(r"data-secret>whsec_[^<]{44}<", text)
    assert WebhookSecret.objects.filter(expires_at=None).count() == 1
    assert AuditEntry.objects.get(action="webhook.rotate_secret").reason == "yearly"


def test_the_default_secret_is_shown(bank, neighbour, boss):
    client = signed_in(boss)
    url = reverse("admin:clients_webhookendpoint_default_secret")
    assert client.get(url).status_code == 200
    assert "data-secret>whsec_" in client.post(url, {"institution": bank.pk}).content.decode()


def test_a_test_is_sent_and_a_circuit_closed_with_a_click(endpoint, boss, receiver):
    client = signed_in(boss)
    assert client.get(page(endpoint, "test")).status_code == 405
    assert client.post(page(endpoint, "test")).status_code == 302
    deliver_due()
    assert b"webhook_test" in receiver.got[0].body
    WebhookEndpoint.objects.update(failures=7, open_until=clock.now())
    text = client.get(page(endpoint)).content.decode()
    assert "half-open" in text
    assert "7 failures in a row" in text
    client.post(page(endpoint, "close"))
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.open_until) == (0, None)


def test_a_delivery_shows_what_was_said_and_of_whom_nothing(tried, boss):
    client = signed_in(boss)
    text = client.get(page(tried)).content.decode()
    assert "database timeout for …" in text
    assert "answered 500" in text
    assert "Lovelace" not in text
    assert "/hook" not in text


def test_dead_letters_are_found_and_sent_again(tried, boss):
    client = signed_in(boss)
    url = "/admin/clients/webhookdelivery/"
    action = {"action": "send_again", "_selected_action": [str(tried.pk)]}
    client.post(url, action)
    assert not AuditEntry.objects.filter(action="webhook.replay").exists()  # it waits
    WebhookDelivery.objects.update(state="dead")
    assert "T-1815" in client.get(url, {"state": "dead"}).content.decode()
    assert "T-1815" not in client.get(url, {"state": "delivered"}).content.decode()
    assert "T-1815" in client.get(url, {"q": "T-1815"}).content.decode()
    client.post(url, action)
    tried.refresh_from_db()
    assert (tried.state, tried.tries) == ("pending", 0)
    WebhookDelivery.objects.update(state="dead")
    assert client.post(page(tried, "again")).status_code == 302
    assert AuditEntry.objects.filter(action="webhook.replay", actor=boss).count() == 2


@pytest.mark.parametrize(
    "query", ["endpoint=x", "state=x", "event=x", "institution=x", "q=%00", "q=x"]
)
def test_strange_filters_do_no_harm(boss, tried, query):
    client = signed_in(boss)
    assert client.get(f"/admin/clients/webhookdelivery/?{query}").status_code in (200, 302, 400)


def test_nothing_is_added_edited_or_deleted_by_the_back_door(endpoint, tried):
    from foundation.models import User

    client = signed_in(User.objects.create_superuser("root"))
    for row in (endpoint, tried):
        assert client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
