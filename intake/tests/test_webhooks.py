"""Webhooks as client systems manage them."""

import json
from io import BytesIO
from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.test import override_settings

from clients.models import Institution
from clients.webhooks.delivering import deliver_due
from clients.webhooks.models import WebhookDelivery
from clients.webhooks.sending import forget_connections
from clients.webhooks.signing import hex_signature
from clients.webhooks.tests import server
from clients.webhooks.tests.conftest import happening
from foundation.models import AuditEntry
from foundation.outbox import drain_outbox
from intake.tests.cast import PLAIN, SUSPICIOUS
from intake.tests.conftest import open_bank

pytestmark = pytest.mark.django_db
BASE = "/api/v1/webhooks"


@pytest.fixture(autouse=True)
def loopback_allowed():
    forget_connections()
    with override_settings(DEMO=True):
        yield


@pytest.fixture
def receiver():
    with server.receiving() as receiver:
        yield receiver


def call(caller, method: str, path: str, fields: object = None, **headers: str):
    data = (
        {} if fields is None else {"data": json.dumps(fields), "content_type": "application/json"}
    )
    return HttpClient(raise_request_exception=False).generic(
        method, f"{BASE}{path}", headers={"X-API-Key": caller.key, **headers}, **data
    )


@pytest.fixture
def made(bank, receiver) -> dict[str, object]:
    wish = {"name": "core banking", "url": receiver.url("/hook?key=1")}
    response = call(bank, "POST", "/endpoints", wish)
    assert response.status_code == 201, response.content
    return response.json()


def errors_of(response) -> dict[str, str]:
    assert response.status_code == 400, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    return {error["field"]: error["message"] for error in response.json()["errors"]}


def test_an_endpoint_lives_its_life(bank, made, receiver):
    assert made["events"] == ["fraud_detected", "high_risk_transaction"]
    assert made["secret"].startswith("whsec_")
    path = f"/endpoints/{made['id']}"
    (listed,) = call(bank, "GET", "/endpoints").json()["results"]
    assert listed == call(bank, "GET", path).json()
    assert (listed["url"], listed["circuit"]) == (receiver.url("/hook?key=1"), "closed")
    assert "secret" not in listed
    change = {"name": "ledger", "state": "paused", "events": ["transaction_approved"]}
    changed = call(bank, "PATCH", path, change).json()
    assert {name: changed[name] for name in change} == change
    assert call(bank, "DELETE", path).json() == {"given_up": 0}
    assert call(bank, "GET", path).status_code == 404
    assert call(bank, "GET", "/endpoints").json() == {"results": []}
    actions = AuditEntry.objects.filter(action__startswith="webhook.").order_by("pk")
    assert list(actions.values_list("action", "actor_name")) == [
        ("webhook.create", "client:bank"),
        ("webhook.reveal_secret", "client:bank"),
        ("webhook.change", "client:bank"),
        ("webhook.remove", "client:bank"),
    ]
    assert "key=1" not in str(list(actions.values_list("before", "after")))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"name", "url"}),
        ({"name": 7, "url": None}, {"name", "url"}),
        ({"name": "", "url": "x" * 3000}, {"name", "url"}),
        ({"name": "a\0b", "url": "http://\ud800.example/"}, {"name", "url"}),
        ({"name": "x", "url": "ftp://bank.example/"}, {"url"}),
        ({"name": "x", "url": "http://10.0.0.8/"}, {"url"}),
        ({"name": "x", "url": "http://[::ffff:169.254.169.254]/"}, {"url"}),
        ({"name": "x", "url": "https://bank.example/", "events": []}, {"events"}),
        ({"name": "x", "url": "https://bank.example/", "events": ["fly"]}, {"events"}),
        ({"name": "x", "url": "https://bank.example/", "events": "all"}, {"events"}),
        ({"name": "x", "url": "https://bank.example/", "secret": "short"}, {"secret"}),
        ({"name": "x", "url": "https://bank.example/", "secret": "ä" * 20}, {"secret"}),
        ({"name": "x", "url": "https://bank.example/", "colour": "red"}, {"colour"}),
    ],
)
def test_wrong_fields_are_named(bank, fields, wrong):
    errors = errors_of(call(bank, "POST", "/endpoints", fields))
    assert set(errors) == wrong
    assert all(errors.values())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/endpoints", b"[]"),
        ("POST", "/endpoints", b"{"),
        ("POST", "/replay", b"[1]"),
        ("POST", "/secret", b'{"overlap_hours": 999}'),
        ("POST", "/secret", b'{"overlap_hours": -1}'),
        ("POST", "/secret", b'{"overlap_hours": 1.5}'),
        ("POST", "/secret", b'{"overlap_hours": NaN}'),
        ("POST", "/replay", b'{"since": "yesterday"}'),
        ("POST", "/replay", b'{"endpoint": 7}'),
        ("POST", "/replay", b'{"state": "pending"}'),
        ("GET", "/deliveries?state=lost", b""),
        ("GET", "/deliveries?limit=0", b""),
        ("GET", "/deliveries?limit=1&limit=2", b""),
        ("GET", "/deliveries?cursor=x", b""),
        ("GET", "/deliveries?endpoint=x", b""),
        ("GET", "/deliveries?colour=red", b""),
    ],
)
def test_wrong_calls_are_refused(bank, method, path, body):
    response = HttpClient(raise_request_exception=False).generic(
        method, BASE + path, body, "application/json", headers={"X-API-Key": bank.key}
    )
    assert response.status_code == 400, response.content


@pytest.mark.parametrize(
    "path", ["/secret", "/replay", "/endpoints/{id}/secret", "/endpoints/{id}/test"]
)
def test_a_body_in_chunks_is_read_though_none_is_needed(bank, made, path):
    body = b'{"colour": "red"}'
    chunks = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    response = HttpClient(raise_request_exception=False).generic(
        "POST",
        BASE + path.format(id=made["id"]),
        content_type="application/json",
        headers={"X-API-Key": bank.key, "Transfer-Encoding": "chunked"},
        CONTENT_TYPE="application/json",
        **chunks,
    )
    assert list(errors_of(response)) == ["colour"]


PATHS = [
    ("GET", "/endpoints"),
    ("GET", "/endpoints/{id}"),
    ("POST", "/endpoints/{id}/test"),
    ("GET", "/endpoints/{id}/secret"),
    ("POST", "/endpoints/{id}/secret"),
    ("GET", "/secret"),
    ("GET", "/deliveries"),
    ("POST", "/replay"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_key_without_the_scope_is_refused(bank, made, method, path):
    _, reader = open_bank("reader", scopes=["score", "read"])
    assert call(reader, method, path.format(id=made["id"])).status_code == 403
    reader.key = "fs_wrong"
    assert call(reader, method, path.format(id=made["id"])).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"), [(m, p) for m, p in PATHS if "{id}" in p] + [("DELETE", "/endpoints/{id}")]
)
def test_another_institutions_endpoint_is_not_found(stranger, made, method, path):
    assert call(stranger, method, path.format(id=made["id"])).status_code == 404
    assert call(stranger, method, path.format(id=uuid4())).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/endpoints", "GET, HEAD, POST"),
        ("DELETE", "/secret", "GET, HEAD, POST"),
        ("POST", "/deliveries", "GET, HEAD"),
        ("GET", "/replay", "POST"),
    ],
)
def test_other_methods_are_refused(bank, method, path, allowed):
    response = call(bank, method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


def test_a_test_event_arrives(bank, made, receiver):
    response = call(bank, "POST", f"/endpoints/{made['id']}/test")
    assert (response.status_code, response.json()["event"]) == (202, "webhook_test")
    deliver_due()
    (got,) = receiver.got
    assert json.loads(got.body)["event"] == "webhook_test"
    assert got.headers["X-Webhook-Signature"] == hex_signature(made["secret"], got.body)
    call(bank, "PATCH", f"/endpoints/{made['id']}", {"state": "paused"})
    assert call(bank, "POST", f"/endpoints/{made['id']}/test").status_code == 409


def test_secrets_are_shown_and_rotated(bank, made):
    path = f"/endpoints/{made['id']}/secret"
    shown = call(bank, "GET", path)
    assert shown.json() == {"secret": made["secret"]}
    assert shown.headers["Cache-Control"] == "no-store"
    new = call(bank, "POST", path, {"overlap_hours": 0}).json()["secret"]
    assert new != made["secret"]
    assert call(bank, "GET", path).json() == {"secret": new}
    own = {"secret": "as it was in the old system"}
    assert call(bank, "POST", "/secret", own).json() == own
    assert call(bank, "GET", "/secret").json() == own
    wrong = {"secret": "whsec_is this base64, perhaps?"}
    assert set(errors_of(call(bank, "POST", "/secret", wrong))) == {"secret"}


def test_a_decision_reaches_the_url_of_its_request(bank, receiver):
    url = receiver.url("/asked")
    assert (
        bank.send({**PLAIN, "transaction_id": "T-1"}, **{"X-Webhook-URL": url}).status_code == 200
    )
    bank.send({**SUSPICIOUS, "transaction_id": "T-2"}, **{"X-Webhook-URL": url})
    bank.send({**PLAIN, "transaction_id": "T-3"})
    drain_outbox()
    deliver_due()
    secret = call(bank, "GET", "/secret").json()["secret"]
    bodies = {}
    for got in receiver.got:
        assert got.headers["X-Webhook-Signature"] == hex_signature(secret, got.body)
        body = json.loads(got.body)
        bodies[body["data"]["transaction_id"]] = body["event"]
    assert bodies["T-1"] == "transaction_approved"
    assert bodies["T-2"] in {"fraud_detected", "high_risk_transaction"}
    assert len(bodies) == 2


def test_deliveries_are_listed_filtered_and_paged(bank, stranger, made):
    emit_some(5)
    first = call(bank, "GET", "/deliveries?limit=2").json()
    assert [each["sequence"] for each in first["results"]] == [5, 4]
    cursor = first["next_cursor"]
    rest = call(bank, "GET", f"/deliveries?limit=9&cursor={cursor}").json()
    assert [each["sequence"] for each in rest["results"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
    for narrow, count in (
        (f"endpoint={made['id']}", 5),
        (f"endpoint={uuid4()}", 0),
        ("state=dead", 0),
        ("event=fraud_detected&state=pending", 5),
        ("transaction_id=T-2", 1),
    ):
        found = call(bank, "GET", f"/deliveries?{narrow}").json()["results"]
        assert (narrow, len(found)) == (narrow, count)
    assert call(stranger, "GET", "/deliveries").json()["results"] == []


def test_a_delivery_shows_its_tries_and_is_sent_again(bank, stranger, made, receiver):
    receiver.behave = server.says(server.answer(500, b"Ada Lovelace: database timeout"))
    emit_some(1)
    deliver_due()
    row = WebhookDelivery.objects.get()
    shown = call(bank, "GET", f"/deliveries/{row.pk}").json()
    assert shown["body"] == row.body
    (tried,) = shown["log"]
    assert (tried["status"], tried["answer"]) == (500, "… database timeout")
    assert call(stranger, "GET", f"/deliveries/{row.pk}").status_code == 404
    assert call(stranger, "POST", f"/deliveries/{row.pk}/replay").status_code == 404
    WebhookDelivery.objects.update(state="dead")
    receiver.behave = server.thanks
    again = call(bank, "POST", f"/deliveries/{row.pk}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    deliver_due()
    assert call(bank, "GET", f"/deliveries/{row.pk}").json()["state"] == "delivered"
    assert receiver.got[0].body == receiver.got[1].body


def test_all_dead_ones_are_sent_again_with_one_call(bank, stranger, made):
    emit_some(4)
    WebhookDelivery.objects.filter(sequence__lte=3).update(state="dead")
    assert call(stranger, "POST", "/replay").json() == {"replayed": 0, "more": False}
    assert call(bank, "POST", "/replay", {"endpoint": str(uuid4())}).json()["replayed"] == 0
    assert call(bank, "POST", "/replay", {"until": "2020-01-01T00:00:00Z"}).json()["replayed"] == 0
    assert call(bank, "POST", "/replay").json() == {"replayed": 3, "more": False}
    assert WebhookDelivery.objects.filter(state="pending").count() == 4


def test_too_many_endpoints_are_a_conflict(bank, receiver):
    wish = {"name": "x", "url": receiver.url()}
    codes = [call(bank, "POST", "/endpoints", wish).status_code for _ in range(21)]
    assert codes == [201] * 20 + [409]


def emit_some(count: int) -> None:
    from clients.webhooks.emitting import emit

    institution = Institution.objects.get(slug="bank")
    emit([happening(institution, reference=f"T-{number}") for number in range(1, count + 1)])
