"""Decisions reach those who asked for them, from the score to a real receiver."""

import json

import pytest
from django.test import override_settings

from clients.models import Institution
from clients.webhooks.delivering import deliver_due
from clients.webhooks.models import WebhookDelivery
from clients.webhooks.sending import forget_connections
from clients.webhooks.services import add_endpoint, reveal_secret
from clients.webhooks.signing import hex_signature
from clients.webhooks.tests import server
from foundation.models import OutboxDelivery, OutboxEvent
from foundation.outbox import drain_outbox
from operations.decision_webhooks import EVENT_OF, WEBHOOK_FIELD
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

DECISION_EVENTS = [event.value for event in EVENT_OF.values()]
BLOCKED = {"is_blacklisted_email": True}


@pytest.fixture(autouse=True)
def loopback_allowed():
    forget_connections()
    with override_settings(DEMO=True):
        yield


@pytest.fixture
def receiver():
    with server.receiving() as receiver:
        yield receiver


def institution(client) -> Institution:
    return Institution.objects.get(pk=client.institution_id)


def score(client, name: str, request=make_request, **more):
    imported = more.pop("imported", False)
    return score_transaction(
        client=client,
        request=request(transaction_id=name, **more),
        source="test",
        imported=imported,
    )


def score_all(client, **more) -> dict[str, str]:
    """One transaction of each status; the status by name."""
    return {
        "good": score(client, "good", **more).status,
        "odd": score(client, "odd", make_suspicious, user_id="odd", **more).status,
        "bad": score(
            client, "bad", make_request, user_id="bad", amount=1_000_000.0, supplied=BLOCKED, **more
        ).status,
    }


def heard(receiver) -> list[tuple[str, str, str]]:
    bodies = [(got.path, json.loads(got.body)) for got in receiver.got]
    return sorted((path, body["event"], body["data"]["transaction_id"]) for path, body in bodies)


def send_all() -> None:
    drain_outbox()
    assert not OutboxDelivery.objects.filter(subscriber="operations.decision_webhooks").exists()
    deliver_due()


def test_each_status_is_told_to_those_who_asked(bank, stranger, receiver):
    ours, theirs = institution(bank), institution(stranger)
    usual = {"by": "tests", "name": "core"}
    add_endpoint(institution=ours, url=receiver.url("/usual"), **usual)
    add_endpoint(institution=ours, url=receiver.url("/all"), events=DECISION_EVENTS, **usual)
    add_endpoint(institution=theirs, url=receiver.url("/theirs"), **usual)
    statuses = score_all(bank)
    assert statuses == {"good": "approved", "odd": statuses["odd"], "bad": "declined"}
    send_all()
    told = {"declined": "fraud_detected", "review": "high_risk_transaction"}
    expected = [(path, told[statuses[n]], n) for path in ("/usual", "/all") for n in ("odd", "bad")]
    expected.append(("/all", "transaction_approved", "good"))
    assert heard(receiver) == sorted(expected)


def test_an_approved_one_is_told_where_the_request_asked(bank, receiver):
    extras = {WEBHOOK_FIELD: receiver.url("/asked?key=1")}
    score(bank, "good", extras=extras)
    score(bank, "quiet")
    send_all()
    assert heard(receiver) == [("/asked?key=1", "transaction_approved", "good")]
    secret = reveal_secret(institution=institution(bank), by="tests")
    (got,) = receiver.got
    assert got.headers["X-Webhook-Signature"] == hex_signature(secret, got.body)


def test_imported_decisions_send_nothing(bank, receiver):
    add_endpoint(
        institution=institution(bank),
        url=receiver.url(),
        name="core",
        by="tests",
        events=DECISION_EVENTS,
    )
    score_all(bank, imported=True, extras={WEBHOOK_FIELD: receiver.url("/asked")})
    send_all()
    assert (receiver.got, WebhookDelivery.objects.count()) == ([], 0)


@pytest.mark.parametrize("url", ["no url", 7, None, "http://" + "a" * 300 + "/", ["http://x/"]])
def test_a_field_that_only_looks_like_the_header_is_passed_over(bank, receiver, url):
    score(bank, "good", extras={WEBHOOK_FIELD: url})
    send_all()
    assert WebhookDelivery.objects.count() == 0


def test_a_redriven_event_is_told_once_and_under_the_same_id(bank, receiver):
    score(bank, "good", extras={WEBHOOK_FIELD: receiver.url()})
    send_all()
    OutboxEvent.objects.update(handled_at=None, settled=[])
    send_all()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().event_id == f"evt_{Transaction.objects.get().pk.hex}"


def test_what_is_told_names_no_person(bank, receiver):
    identifiers = {"email": "ada@example.com", "phone": "+2348012345678", "device_id": "d-1815"}
    extras = {WEBHOOK_FIELD: receiver.url(), "holder": "Lovelace"}
    score(bank, "odd", make_suspicious, user_id="C-20931", identifiers=identifiers, extras=extras)
    send_all()
    body = receiver.got[0].body.decode()
    for secret in (*identifiers.values(), "C-20931", "Lovelace"):
        assert secret not in body
    decision = Decision.objects.get()
    data = json.loads(body)["data"]
    assert (data["fraud_score"], data["status"]) == (decision.fraud_score, decision.status)
    assert {flag["rule"] for flag in data["flags"]} == {hit["code"] for hit in decision.hits}
    assert (data["currency"], data["amount"]) == ("NGN", 500_000.0)


def test_a_batch_takes_a_constant_number_of_queries(bank, receiver, django_assert_max_num_queries):
    from foundation.outbox.drain import deliver_batch
    from foundation.outbox.events import registry

    add_endpoint(
        institution=institution(bank),
        url=receiver.url(),
        name="core",
        by="tests",
        events=DECISION_EVENTS,
    )
    for number in range(12):
        score(bank, f"T-{number}", extras={WEBHOOK_FIELD: receiver.url()})
    with django_assert_max_num_queries(28):
        deliver_batch(registry.subscribers["operations.decision_webhooks"], 100)
    assert WebhookDelivery.objects.count() == 24
