"""A repeat gets the stored answer, another request under its name a conflict, also at once."""

import json
import threading

import pytest
from django.db import connection, connections
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from intake.tests.cast import CHECK, PLAIN, SUSPICIOUS
from intake.tests.conftest import open_bank, publish_rules
from scoring.models import Decision
from transactions.models import Transaction

SQL_PER_TRANSACTION = {"new customer": 2, "known customer": 2, "all identities": 2}
"""Besides BEGIN and COMMIT; three are allowed. A change here wants a reason in its commit."""


@pytest.mark.django_db
def test_a_repeat_is_answered_byte_for_byte(bank):
    request = {**SUSPICIOUS, "transaction_id": "t-1", "extra": {"b": 1, "a": [1]}}
    first = bank.send(request)
    again = bank.send(request)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
def test_a_repeat_may_order_and_name_its_fields_otherwise(bank):
    first = bank.send({"user_id": "a", "amount": 5, "transaction_id": "t", "is_vpn": True, "x": 1})
    again = bank.send(
        {"x": 1, "ip_is_vpn": True, "transaction_id": "t", "amount": 5.0, "user_id": "a"}
    )
    assert first.content == again.content


@pytest.mark.django_db
def test_an_idempotency_key_makes_a_repeat_harmless_without_an_id(bank):
    headers = {"Idempotency-Key": "k-1"}
    first = bank.check(_headers=headers)
    assert first.content == bank.check(_headers=headers).content
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"transaction_id": "t-1"}, {"transaction_id": "t-1", "amount": 2}),
        ({"transaction_id": "t-1"}, {"transaction_id": "t-1", "note": "new"}),
        (
            {"_headers": {"Idempotency-Key": "k"}},
            {"_headers": {"Idempotency-Key": "k"}, "amount": 2},
        ),
        (
            {"_headers": {"Idempotency-Key": "k"}, "transaction_id": "t-1"},
            {"_headers": {"Idempotency-Key": "k"}, "transaction_id": "t-2"},
        ),
    ],
)
def test_other_fields_under_the_same_name_are_a_conflict(bank, first, second):
    assert bank.check(**first).status_code == 200
    response = bank.check(**second)
    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
def test_two_institutions_may_use_the_same_id(bank, stranger):
    assert bank.check(transaction_id="t-1").status_code == 200
    assert stranger.check(transaction_id="t-1", amount=7).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["transaction_id", "Idempotency-Key"])
def test_duplicates_sent_at_once_get_one_decision(kind):
    publish_rules()
    _, caller = open_bank("bank")
    body = dict(SUSPICIOUS)
    headers = {"X-API-Key": caller.key}
    if kind == "transaction_id":
        body["transaction_id"] = "t-1"
    else:
        headers[kind] = "k-1"
    answers = at_once(8, json.dumps(body), headers)
    assert {status for status, _ in answers} == {200}
    assert len({content for _, content in answers}) == 1
    assert (Transaction.objects.count(), Decision.objects.count()) == (1, 1)


def at_once(count: int, body: str, headers: dict[str, str]) -> list[tuple[int, bytes]]:
    """What `count` threads are answered that send the same request at the same moment."""
    barrier = threading.Barrier(count)
    answers = []

    def send():
        try:
            http = HttpClient(raise_request_exception=False)
            barrier.wait(timeout=20)
            response = http.post(CHECK, body, content_type="application/json", headers=headers)
            answers.append((response.status_code, response.content))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.mark.django_db
def test_a_transaction_takes_the_committed_number_of_statements(bank, monkeypatch):
    # The key is looked up anew every three seconds, which a busy machine may take for this test.
    monkeypatch.setattr("clients.authentication.CACHE_SECONDS", 600)
    everything = {
        "device_id": "d-1",
        "card_token": "tok_1",
        "email": "a@example.com",
        "phone": "+2348012345678",
        "ip_address": "203.0.113.7",
    }
    # From here on the key, the book and the rates are in memory, and the statements are prepared.
    others = {name: f"{value}0" for name, value in everything.items()}
    for fields in ({}, {}, others):
        assert bank.check(user_id="somebody", **fields).status_code == 200
    counts = {
        "new customer": statements(bank, **PLAIN),
        "known customer": statements(bank, **PLAIN),
        "all identities": statements(bank, **PLAIN, **everything),
    }
    assert counts == SQL_PER_TRANSACTION
    assert max(counts.values()) <= 3


def statements(caller, **fields) -> int:
    """SQL statements of one decision; the savepoint that only a test's transaction needs aside."""
    with CaptureQueriesContext(connection) as captured:
        assert caller.send(fields).status_code == 200
    return sum("SAVEPOINT" not in query["sql"] for query in captured)
