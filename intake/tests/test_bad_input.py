"""Bad input at the door: 4xx that says what is wrong, never 500, and nothing half stored."""

import gzip
import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client as HttpClient
from django.utils import timezone as clock

from clients.authentication import forget_cached_keys
from clients.models import ApiKey, Institution
from clients.services import revoke_api_key
from foundation.errors import BadRequest, TooLarge
from foundation.models import OutboxEvent
from intake.body import read_body
from intake.tests.cast import CHECK, PLAIN, Caller, wrong_fields
from intake.tests.conftest import open_bank
from scoring.models import Decision
from transactions.models import Card, Customer, Device, Transaction, TransactionKey

pytestmark = pytest.mark.django_db
STORED = (Transaction, Decision, TransactionKey, Customer, Device, Card, OutboxEvent)


@pytest.fixture
def bank(db) -> Caller:
    """One without a rule book: what is wrong is refused before any rule is asked."""
    return open_bank("bank")[1]


@pytest.fixture(autouse=True)
def nothing_is_stored(request, db):
    """Counts before and after: whatever a test here sends, no row may come of it."""
    before = [model.objects.count() for model in STORED]
    yield
    if "may_store" not in request.fixturenames:
        assert [model.objects.count() for model in STORED] == before


@pytest.fixture
def may_store():
    """For the few that send something right as well."""


FIELDS = {
    "user_id": [True, [], {}, "", "x" * 129, "a\0b", "\ud800"],
    "transaction_id": [False, [], {}, "", "x" * 129, "a\0", "\udfff"],
    "amount": [None, "1", True, [], {}, -1, 1e13, float("nan"), float("inf"), -float("inf")],
    "currency": ["", "XXX1", "ZZZ", 5, [], True],
    "industry": ["", "nowhere", 5, [], "x" * 100, "a\0"],
    "transaction_type": ["", "a b", 5, [], "x" * 33],
    "timestamp": ["", "now", "2026-13-01T00:00:00Z", True, [], 1e15, "x" * 100],
    "use_ml": ["true", 1, 0, [], {}],
    "email": [5, True, [], "x" * 321, "\0", "\ud83d"],
    "phone": [5, [], "1" * 41],
    "ip_address": ["999.1.1.1", "localhost", 5, []],
    "user_agent": [5, [], "x" * 2001],
    "device_id": [True, [], "x" * 201],
    "merchant_id": [1.5, {}, "x" * 201],
    "card_token": ["4111111111111111", 5.5, []],
    "card_bin": ["12345", "123456789", 411111],
    "card_last4": ["1", "abcd", 1111],
    "is_vpn": ["yes", 1, []],
    "account_age_days": ["5", True, -1, 1e9, []],
    "transactions_last_hour": ["8", -1, [], 1e300],
    "account_created_at": ["yesterday", True],
    "usual_merchant_categories": ["food", [1], ["x"] * 101],
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_wrong_field_is_named_as_the_client_named_it(bank, name):
    for value in FIELDS[name]:
        response = bank.send({**PLAIN, name: value})
        assert list(wrong_fields(response)) == [name], value


def test_a_body_of_ten_megabytes_is_too_large(bank):
    response = bank.raw(json.dumps({**PLAIN, "x": "y" * 10_000_000}))
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "1,048,576" in response.json()["detail"]


def from_server(body: bytes, **environ) -> HttpRequest:
    """A request as a server hands it over, where its own client can't make one."""
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": CHECK,
            "CONTENT_TYPE": "application/json",
            "wsgi.input": BytesIO(body),
            **environ,
        }
    )


def test_a_body_shorter_than_declared_is_refused_though_it_is_valid_by_itself():
    with pytest.raises(BadRequest, match="declared length"):
        read_body(from_server(b'{"user_id": 1, "amount": 1}', CONTENT_LENGTH="500"))


def test_a_chunked_body_declares_no_length_and_is_read_to_its_end():
    chunked = {"wsgi.input_terminated": True}
    assert read_body(from_server(b"{}", **chunked)) == b"{}"
    with pytest.raises(TooLarge):
        read_body(from_server(b"x" * 1_100_000, **chunked))


def test_a_connection_that_breaks_is_no_fault_of_ours():
    class Broken(BytesIO):
        def read(self, *_):
            raise OSError("reset by peer")

    with pytest.raises(BadRequest):
        read_body(from_server(b"", CONTENT_LENGTH="5", **{"wsgi.input": Broken()}))


def test_a_thousand_fields_are_too_many(bank):
    errors = wrong_fields(bank.check(**{f"field_{i}": i for i in range(1_000)}))
    assert "100 are kept" in errors["field_100"]


def test_a_thousand_wrong_fields_get_a_hundred_sentences(bank):
    response = bank.send({"list": [{"cvv": 1}] * 1_000})
    assert len(wrong_fields(response)) == 100
    assert "1002 fields" in response.json()["detail"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "application/json; charset=latin-1",
        "*/*",
        "",
    ],
)
def test_another_content_type_is_not_served(bank, content_type):
    response = bank.raw(json.dumps(PLAIN), content_type=content_type)
    assert response.status_code == 415
    assert response.headers["Accept-Post"] == "application/json"


def test_a_compressed_body_is_not_served(bank):
    packed = gzip.compress(json.dumps(PLAIN).encode())
    assert bank.raw(packed, headers={"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "line 1, column 2"),
        (b'{"user_id": "a",\n "amount": }', "line 2, column 12"),
        (b'{"user_id": "a", "amount": 1,}', "not valid JSON"),
        (b"{'user_id': 'a'}", "not valid JSON"),
        (b'{"user_id": "a\x00", "amount": 1}', "not valid JSON"),
        (b'{"user_id": "a", "amount": 1} {}', "not valid JSON"),
        (b'{"user_id": "\xff", "amount": 1}', "UTF-8 at byte 13"),
        ('{"user_id": "a", "amount": 1}'.encode("utf-16"), "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[]", "got a list"),
        (b"null", "got null"),
        (b'"text"', "got a text"),
        (b"5", "got a number"),
        (b"NaN", "got NaN"),
    ],
)
def test_a_body_that_is_no_json_object_is_told_why(bank, body, words):
    response = bank.raw(body)
    assert wrong_fields(response) == {}
    assert words in response.json()["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Idempotency-Key", ""),
        ("Idempotency-Key", "x" * 256),
        ("Idempotency-Key", "schlüssel"),
        ("Idempotency-Key", "a\tb"),
        ("X-Webhook-URL", ""),
        ("X-Webhook-URL", "hooks.example.com"),
        ("X-Webhook-URL", "ftp://example.com/"),
        ("X-Webhook-URL", "javascript:alert(1)"),
        ("X-Webhook-URL", "https://"),
        ("X-Webhook-URL", "https://[::1"),
        ("X-Webhook-URL", "https://example.com:99999/"),
        ("X-Webhook-URL", "https://user:secret@example.com/"),
        ("X-Webhook-URL", "https://example.com/a b"),
        ("X-Webhook-URL", "https://example.com/" + "x" * 2048),
    ],
)
def test_a_wrong_header_is_named(bank, name, value):
    response = bank.check(_headers={name: value})
    assert list(wrong_fields(response)) == [name]
    assert "secret" not in response.content.decode()


# --- Keys -----------------------------------------------------------------------------------
def refused(response, status: int, kind: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == f"/problems/{kind}"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (None, "key-missing"),
        ("wrong", "key-unknown"),
        ("fs_00000000_" + "x" * 43, "key-unknown"),
        ("x" * 8_000, "key-unknown"),
        ("schlüssel", "key-unknown"),
    ],
)
def test_without_a_known_key_nothing_is_read(key, kind):
    response = Caller(key).raw(b"this is no JSON")
    refused(response, 401, kind)
    assert "WWW-Authenticate" in response.headers


def test_an_expired_key_is_refused():
    _, caller = open_bank("soon", expires_at=clock.now() + timedelta(seconds=60))
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    refused(caller.check(), 401, "key-expired")


def test_a_revoked_key_is_refused(rule_book, bank, may_store):
    assert bank.check().status_code == 200
    revoke_api_key(key=ApiKey.objects.get(), by="test", reason="lost")
    forget_cached_keys()
    refused(bank.check(), 401, "key-revoked")


def test_a_key_of_a_closed_institution_is_refused(bank):
    Institution.objects.update(is_active=False)
    refused(bank.check(), 401, "institution-inactive")


def test_a_key_without_the_scope_is_forbidden():
    _, caller = open_bank("reader", scopes=["read"])
    refused(caller.check(), 403, "scope-missing")


# --- Methods and addresses ------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
def test_another_method_is_told_the_right_one(method):
    response = getattr(HttpClient(), method)(CHECK)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/nothing", "/api/v1/fraud/check/", "/api/v2/fraud/check", "/health/x"]
)
def test_an_unknown_address_is_a_problem_too(bank, path):
    response = bank.get(path)
    refused(response, 404, "not-found")
    assert response.json()["instance"] == path


def test_a_foreign_host_name_is_refused_in_the_same_words(settings):
    settings.ALLOWED_HOSTS = ["ours.example"]
    response = HttpClient().get("/api/v1/transactions", headers={"Host": "theirs.example"})
    refused(response, 400, "bad-request")


def test_an_unforeseen_error_shows_nothing_of_itself(bank, monkeypatch):
    def fail(**_):
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("intake.doors.score_transaction", fail)
    response = bank.check()
    refused(response, 500, "internal")
    assert "secret" not in response.content.decode()
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "place",
    ["django.contrib.sessions.backends.db.SessionStore.load", "cases.admin.queue.queue_context"],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_pages_say_that_the_database_is_away(client, admin_user, monkeypatch, place, accept):
    def fail(*_, **__):
        raise OperationalError("gone: password=secret")

    client.force_login(admin_user)
    client.raise_request_exception = False
    monkeypatch.setattr(place, fail)
    answer = client.get("/admin/cases/case/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "The database cannot be reached" in answer.content.decode()
    assert "secret" not in answer.content.decode()
