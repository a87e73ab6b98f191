"""Reading back: one's own, masked, in pages; what is another's does not exist."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.alerts.opening import open_alerts
from cases.services.working import claim, decide
from foundation.models import User
from intake.tests.cast import SUSPICIOUS, Caller, wrong_fields
from intake.tests.conftest import open_bank
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

PERSONAL = {
    "user_id": "customer-4711",
    "email": "ada.lovelace@example.com",
    "phone": "+2348012345678",
    "ip_address": "203.0.113.77",
    "device_id": "device-abcdef",
    "card_token": "tok_9f31c2aa",
    "registered_address": "12 Allen Avenue, Ikeja",
    "bvn": "22212345678",
}


def test_a_decision_reads_as_it_was_answered(bank):
    answered = bank.send({**SUSPICIOUS, "transaction_id": "t-1"}).json()
    read = bank.get("/api/v1/decisions/t-1").json()
    assert {name: read[name] for name in answered} == answered
    assert read["current_status"] == answered["status"]
    assert read["features"]["network"]["ip_is_vpn"] is True
    assert read["features"]["behavioral"]["account_age_days"] == 5


def test_reads_show_what_a_reviewer_made_of_it_and_a_repeat_what_was_decided(bank):
    sent = {**SUSPICIOUS, "transaction_id": "t-1"}
    answered = bank.send(sent).json()
    bank.send({**SUSPICIOUS, "transaction_id": "t-2", "user_id": "somebody-else"})
    reviewer = User.objects.create_superuser("reviewer")
    [alert] = open_alerts([Transaction.objects.get(external_id="t-1").pk])
    claim(case_id=alert.case_id, by=reviewer)
    decide(case_id=alert.case_id, disposition="genuine", reason="called", by=reviewer)
    for path in ("/api/v1/decisions/t-1", "/api/v1/transactions/t-1"):
        read = bank.get(path).json()
        assert (read["status"], read["current_status"]) == (answered["status"], "approved")
    listed = bank.get("/api/v1/transactions").json()["results"]
    current = {row["transaction_id"]: row["current_status"] for row in listed}
    assert current == {"t-1": "approved", "t-2": listed[0]["status"]}
    assert bank.send(sent).json() == answered


def test_a_transaction_shows_no_identifier_in_clear(bank):
    bank.check(**PERSONAL, transaction_id="t-1", secret_note="for nobody")
    for path in ("/api/v1/transactions/t-1", "/api/v1/decisions/t-1", "/api/v1/transactions"):
        text = bank.get(path).content.decode()
        assert [value for value in PERSONAL.values() if value in text] == []
        assert "for nobody" not in text
    read = bank.get("/api/v1/transactions/t-1").json()
    assert read["identifiers"]["email"] == "a••••@example.com"
    assert read["identifiers"]["ip_address"] == "203.0.•.•"
    assert read["user_id"].startswith("cus")
    assert read["extra_fields"] == ["secret_note"]


def test_a_transaction_has_what_was_sent_and_what_came_of_it(bank):
    bank.send({**SUSPICIOUS, "transaction_id": "t-1", "timestamp": "2026-03-01T14:30:00+01:00"})
    read = bank.get("/api/v1/transactions/t-1").json()
    assert (read["amount"], read["currency"], read["industry"]) == (500000, "NGN", "fintech")
    assert read["occurred_at"] == "2026-03-01T13:30:00Z"
    assert read["status"] in {"declined", "review"}
    assert read["supplied"]["transactions_last_hour"] == 8
    assert read["source"] == "native"


@pytest.mark.parametrize("name", ["a/b/c", "ü 客户", "50%", "a?b#c", "x+y&z=1", "a//b", "🦆"])
def test_an_id_of_any_characters_is_found(bank, name):
    assert bank.check(transaction_id=name).json()["transaction_id"] == name
    path = quote(name, safe="")
    assert bank.get(f"/api/v1/decisions/{path}").json()["transaction_id"] == name
    assert bank.get(f"/api/v1/transactions/{path}").json()["transaction_id"] == name


@pytest.mark.parametrize("path", ["decisions", "transactions"])
def test_what_is_another_institutions_is_not_found(bank, stranger, path):
    bank.check(transaction_id="t-1")
    theirs, nobodys = stranger.get(f"/api/v1/{path}/t-1"), stranger.get(f"/api/v1/{path}/t-2")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["detail"] == nobodys.json()["detail"]
    assert theirs.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["x" * 129, "%ff", "%ed%a0%80", "..", "a%0Ab"])
@pytest.mark.parametrize("path", ["decisions", "transactions"])
def test_an_impossible_id_is_not_found(bank, path, name):
    assert bank.get(f"/api/v1/{path}/{name}").status_code == 404


@pytest.mark.parametrize(
    "path", ["decisions/%00", "transactions/a%00b", "transactions?user_id=a%00"]
)
def test_an_address_with_nul_is_malformed(bank, path):
    response = bank.get(f"/api/v1/{path}")
    assert response.status_code == 400
    assert response.json()["type"] == "/problems/bad-request"


@pytest.mark.parametrize(
    "path", ["/api/v1/decisions/t", "/api/v1/transactions", "/api/v1/transactions/t"]
)
class TestWhoMayRead:
    def test_without_a_key_it_is_unauthorised(self, db, path):
        response = Caller(None).get(path)
        assert response.status_code == 401
        assert response.headers["Content-Type"] == "application/problem+json"

    def test_with_a_key_for_scoring_alone_it_is_forbidden(self, db, path):
        assert open_bank("scorer", scopes=["score"])[1].get(path).status_code == 403

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_it_can_only_be_read(self, db, client, path, method):
        if (method, path) == ("post", "/api/v1/transactions"):
            pytest.skip("takes transactions, too")
        caller = open_bank("bank")[1]
        response = getattr(client, method)(path, headers={"X-API-Key": caller.key})
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"]
        assert response.headers["Content-Type"] == "application/problem+json"


# --- Lists ----------------------------------------------------------------------------------
def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["transaction_id"] for row in response.json()["results"]]


def test_a_list_comes_in_pages_newest_first_and_misses_nothing(bank):
    for i in range(5):
        bank.check(transaction_id=f"t-{i}")
    seen, cursor = [], {}
    for _ in range(3):
        response = bank.get("/api/v1/transactions", {"limit": "2", **cursor})
        seen += ids(response)
        bank.check(transaction_id=f"late-{len(seen)}")  # arrivals shift nothing
        cursor = {"cursor": response.json()["next_cursor"]}
    assert seen == ["t-4", "t-3", "t-2", "t-1", "t-0"]
    assert cursor == {"cursor": None}


def test_a_list_holds_only_ones_own(bank, stranger):
    bank.check(transaction_id="ours")
    stranger.check(transaction_id="theirs")
    assert ids(bank.get("/api/v1/transactions")) == ["ours"]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["stopped", "plain"]),
        ({"industry": "fintech"}, ["stopped"]),
        ({"status": "approved"}, ["plain"]),
        ({"risk_level": "low"}, ["plain"]),
        ({"transaction_type": "Withdrawal"}, ["stopped"]),
        ({"user_id": "C-1"}, ["plain"]),
        ({"user_id": "C-1", "status": "declined"}, []),
        ({"transaction_id": "plain"}, ["plain"]),
        ({"transaction_id": "absent"}, []),
        ({"occurred_from": "2026-01-02T00:00:00Z"}, ["stopped"]),
        ({"occurred_to": "2026-01-02T00:00:00Z"}, ["plain"]),
        ({"occurred_from": "1767225600", "occurred_to": "2026-01-01T00:00:00Z"}, []),
        ({"occurred_from": "2026-01-01T01:00:00+01:00"}, ["stopped", "plain"]),
    ],
)
def test_a_list_can_be_narrowed(bank, params, found):
    bank.check(transaction_id="plain", timestamp="2026-01-01T00:00:00Z")
    bank.send({**SUSPICIOUS, "transaction_id": "stopped", "timestamp": "2026-01-02T00:00:00Z"})
    assert ids(bank.get("/api/v1/transactions", params)) == found


@pytest.mark.parametrize(
    "params",
    [
        {"industry": "nowhere"},
        {"status": "maybe"},
        {"risk_level": "LOW"},
        {"transaction_type": ""},
        {"user_id": ""},
        {"user_id": "x" * 201},
        {"transaction_id": "\n"},
        {"occurred_from": "yesterday"},
        {"occurred_from": "1e99"},
        {"occurred_to": "9" * 40},
        {"occurred_to": "٣"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "٣"},
        {"limit": "9" * 5000},
        {"limit": "000000001000"},
        {"limit": "000000001" + "9" * 5000},
        {"cursor": "???"},
        {"cursor": "YWJj"},
        {"unknown": "1"},
        {"format": "xml"},
    ],
)
def test_a_wrong_parameter_is_named(bank, params):
    assert list(wrong_fields(bank.get("/api/v1/transactions", params))) == list(params)


def test_a_parameter_given_twice_is_refused(bank):
    assert list(wrong_fields(bank.get("/api/v1/transactions?limit=1&limit=2"))) == ["limit"]


def test_a_list_costs_two_queries_however_long(bank):
    for i in range(4):
        bank.check(transaction_id=f"t-{i}", device_id=f"d-{i}", card_token=f"tok_{i}")
    for limit in ("1", "4"):
        with CaptureQueriesContext(connection) as captured:
            bank.get("/api/v1/transactions", {"limit": limit})
        assert len(captured) == 2  # the rows, and what reviewers said of them


def test_a_row_that_does_not_open_takes_no_page_away(bank):
    bank.check(transaction_id="t-1")
    Transaction.objects.update(sealed=b"\x01" + b"x" * 60)
    row = bank.get("/api/v1/transactions").json()["results"][0]
    assert (row["transaction_id"], row["user_id"], row["identifiers"]) == ("t-1", None, {})
    assert datetime.fromisoformat(row["received_at"]) <= datetime.now(UTC)
