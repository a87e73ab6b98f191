"""Every call of the gateway format: where it answers, what it answers, and to whom."""

import pytest

from clients.services import issue_api_key
from intake.tests.conftest import open_bank
from intake.tests.gateway_cast import CASH_OUT, PAYMENT, call
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

RESULT = {"fraud_probability", "prediction", "risk_level", "confidence", "model_version"}
STATES = {"status", "services", "timestamp"}
PAGE = {"total", "page", "page_size", "next_cursor"}
SCORING = (
    # address, body, status, fields
    ("/api/v1/score", {"transactions": [PAYMENT]}, 200, {"results", "total", "processing_time_ms"}),
    ("/transactions", PAYMENT, 201, {"transaction_id", "data_quality", *RESULT}),
    ("/ingest", PAYMENT, 201, {"transaction_id", "data_quality", *RESULT}),
    ("/predictions", PAYMENT, 201, {"transaction_id", *RESULT}),
)
READING = (
    # address, fields, its home under /api/v1 where there is one
    ("/services/status", {*STATES, "components"}, None),
    ("/fraud-trends", {"days", "trends"}, None),
    ("/transaction-patterns", {"by_type", "by_hour"}, None),
    ("/risk-distribution", {"levels", "bands"}, None),
    ("/model-performance", {"models", "note"}, None),
    ("/transactions", {*PAGE, "transactions"}, None),
    ("/predictions", {*PAGE, "predictions"}, None),
    ("/overview", {*STATES, "resources", "today", "active_alerts"}, "monitoring/overview"),
    ("/services", {*STATES, "total", "healthy"}, "monitoring/services"),
    ("/alerts", {"alerts", "total", "thresholds"}, "monitoring/alerts"),
)
METRICS = {"cpu_percent", "memory_percent", "disk_percent", "thresholds", "outbox", "today"}
PENDING = (
    # method, address, home, what is missing
    ("post", "/fraud-alert", "notifications/fraud-alert", "Notifications"),
    ("post", "/system-alert", "notifications/system-alert", "Notifications"),
    ("get", "/history", "notifications/history", "Notifications"),
    ("post", "/jobs", "batch/jobs", "Batch jobs"),
    ("get", "/jobs", "batch/jobs", "Batch jobs"),
    ("get", "/jobs/7", "batch/jobs/7", "Batch jobs"),
    ("get", "/alerts?history=true", "monitoring/alerts?history=true", "Resource alerts"),
)
GATED = [
    *(("post", address, "score") for address, *_ in SCORING),
    *(("get", address, "read") for address, *_ in READING),
    ("get", "/metrics", "read"),
    ("post", "/fraud-alert", "score"),
    ("get", "/history", "read"),
    ("post", "/jobs", "score"),
    ("get", "/jobs/7", "read"),
]


def refused(response, status):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert {"error", "detail", "status", "request_id"} <= body.keys()
    assert body["status"] == status
    return body


@pytest.mark.parametrize("prefix", ["", "/gateway"])
@pytest.mark.parametrize(("address", "body", "status", "fields"), SCORING)
def test_transactions_are_taken_at_the_root_and_under_the_prefix(
    bank, prefix, address, body, status, fields
):
    response = call(bank.key, "post", prefix + address, body)
    assert response.status_code == status, response.content
    assert fields <= response.json().keys()
    assert "RateLimit" in response.headers
    assert Transaction.objects.get().external_id == PAYMENT["transaction_id"]


@pytest.mark.parametrize("prefix", ["", "/gateway"])
@pytest.mark.parametrize(("address", "fields", "home"), READING)
def test_figures_are_read_at_the_root_and_under_the_prefix(bank, prefix, address, fields, home):
    response = call(bank.key, "get", prefix + address)
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert fields <= response.json().keys()


@pytest.mark.parametrize(
    ("home", "fields"),
    [(home, fields) for _, fields, home in READING if home] + [("monitoring/metrics", METRICS)],
)
def test_monitoring_is_at_home_under_the_native_prefix(bank, home, fields):
    response = call(bank.key, "get", f"/api/v1/{home}")
    assert fields <= response.json().keys()


def test_metrics_are_json_under_the_prefix_and_prometheus_at_the_root(bank):
    under_prefix = call(bank.key, "get", "/gateway/metrics")
    assert under_prefix.json().keys() >= METRICS
    at_root = call(None, "get", "/metrics")
    assert at_root.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(("method", "address", "home", "missing"), PENDING)
def test_what_has_no_ground_yet_says_what_is_missing(bank, method, address, home, missing):
    body = {"message": "look"} if method == "post" else None
    for place in (address, f"/gateway{address}"):
        told = refused(call(bank.key, method, place, body), 501)
        assert told["error"] == "not-implemented"
        assert told["detail"].startswith(missing)
    native = call(bank.key, method, f"/api/v1/{home}", body)
    assert native.status_code == 501
    assert native.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "address", "scope"), GATED)
def test_a_call_needs_a_key_of_its_scope(rule_book, method, address, scope):
    other = "score" if scope == "read" else "read"
    bank = open_bank("bank")[0]
    _, wrong = issue_api_key(institution=bank, name="other", by="test", scopes=[other])
    for key in (None, "fs_unknown", "x" * 10_000):
        told = call(key, method, f"/gateway{address}", {"transactions": [PAYMENT]})
        assert refused(told, 401)
        assert told.headers["WWW-Authenticate"]
    refused(call(wrong, method, f"/gateway{address}"), 403)
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/api/v1/score"),
        ("get", "/ingest"),
        ("put", "/transactions"),
        ("delete", "/predictions"),
        ("post", "/overview"),
        ("post", "/fraud-trends"),
        ("patch", "/jobs"),
        ("get", "/fraud-alert"),
        ("post", "/services/status"),
        ("post", "/gateway/metrics"),
    ],
)
def test_another_method_is_refused_with_those_that_are_taken(bank, method, address):
    response = call(bank.key, method, address, {})
    refused(response, 405)
    assert method.upper() not in response.headers["Allow"]
    assert response.headers["Allow"]


def test_a_bank_reads_its_own_alone(bank, stranger):
    call(bank.key, "post", "/ingest", PAYMENT)
    own, theirs = (call(key, "get", "/overview").json() for key in (bank.key, stranger.key))
    assert (own["today"]["transactions"], theirs["today"]["transactions"]) == (1, 0)
    for address, rows in (("/transactions", "transactions"), ("/predictions", "predictions")):
        assert len(call(bank.key, "get", address).json()[rows]) == 1
        told = call(stranger.key, "get", address).json()
        assert (told[rows], told["total"]) == ([], 0)
    levels = call(stranger.key, "get", "/risk-distribution").json()
    assert levels["total_transactions"] == 0
    refused(call(stranger.key, "post", "/predictions", {"transaction_id": "g-1"}), 404)


def test_a_stored_transaction_is_told_in_the_formats_fields_with_names_masked(bank):
    call(bank.key, "post", "/ingest", CASH_OUT)
    row = call(bank.key, "get", "/transactions").json()["transactions"][0]
    told = {name: row[name] for name in CASH_OUT if not name.startswith("name")}
    assert told == {n: v for n, v in CASH_OUT.items() if not n.startswith("name")}
    for name in ("nameOrig", "nameDest"):
        assert row[name] != CASH_OUT[name]
        assert "•" in row[name]


def test_a_transaction_of_another_format_is_told_with_what_it_has(bank):
    bank.check(transaction_id="n-1", step="private words", merchant_id="shop-4711-x")
    row = call(bank.key, "get", "/transactions").json()["transactions"][0]
    assert (row["transaction_id"], row["step"], row["type"]) == ("n-1", None, None)
    assert row["oldbalanceOrg"] is None
    assert "4711" not in row["nameDest"]


def test_the_prediction_of_a_stored_transaction_is_asked_for_by_its_id(bank):
    first = call(bank.key, "post", "/ingest", PAYMENT).json()
    response = call(bank.key, "post", "/predictions", {"transaction_id": "g-1", "prediction": 1})
    assert response.status_code == 200
    told = response.json()
    assert {name: told[name] for name in RESULT} == {name: first[name] for name in RESULT}
    refused(call(bank.key, "post", "/predictions", {"transaction_id": "unknown"}), 404)


def test_a_key_that_may_only_score_reads_no_stored_prediction(rule_book):
    bank = open_bank("bank")[0]
    _, key = issue_api_key(institution=bank, name="scorer", by="test", scopes=["score"])
    assert call(key, "post", "/predictions", PAYMENT).status_code == 201
    refused(call(key, "post", "/predictions", {"transaction_id": "g-1"}), 403)


@pytest.mark.parametrize("given", [None, "", 1.5, True, [], {}, "x" * 129, "a\nb", "\ud800"])
def test_an_id_that_cannot_be_one_is_refused(bank, given):
    refused(call(bank.key, "post", "/predictions", {"transaction_id": given}), 400)


@pytest.mark.parametrize("address", ["/ingest", "/transactions", "/predictions"])
def test_storing_again_answers_the_same_and_stores_nothing(bank, address):
    first, again = (call(bank.key, "post", address, PAYMENT) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert {n: first.json()[n] for n in RESULT} == {n: again.json()[n] for n in RESULT}
    assert Transaction.objects.count() == 1
    refused(call(bank.key, "post", address, {**PAYMENT, "amount": 1}), 409)


def test_ingest_tells_what_is_odd_about_the_data(bank):
    odd = {**CASH_OUT, "newbalanceOrig": 5000, "colour": "red"}
    told = call(bank.key, "post", "/ingest", odd).json()["data_quality"]
    assert told["passed"] is False
    found = {(finding["field"], finding["code"]) for finding in told["findings"]}
    assert found == {
        ("newbalanceOrig", "sender_balance_mismatch"),
        ("step", "no_time"),
        ("colour", "unknown_field"),
    }


def test_the_native_home_of_ingest_takes_native_fields(bank):
    body = {"customer_id": "C-1", "amount": 0, "merchant_id": "m"}
    response = call(bank.key, "post", "/api/v1/transactions", body)
    assert response.status_code == 201
    told = response.json()
    assert {"transaction_id", "fraud_score", "status", "flags", "data_quality"} <= told.keys()
    codes = {finding["code"] for finding in told["data_quality"]["findings"]}
    assert codes == {"zero_amount", "no_time", "no_type"}
    wrong = call(bank.key, "post", "/api/v1/transactions", {"amount": "x"})
    assert wrong.status_code == 400
    assert wrong.headers["Content-Type"] == "application/problem+json"
    assert len(call(bank.key, "get", "/api/v1/transactions").json()["results"]) == 1
    other = call(bank.key, "put", "/api/v1/transactions", {})
    assert (other.status_code, "POST" in other.headers["Allow"]) == (405, True)


DECLINED = {
    **PAYMENT,
    "transaction_id": "bad",
    "nameOrig": "C-bad",
    "is_blacklisted_email": True,
    "amount": 1_000_000,
}


@pytest.fixture
def three(bank):
    batch = {"transactions": [PAYMENT, CASH_OUT, DECLINED], "epoch": "2026-01-31"}
    assert call(bank.key, "post", "/api/v1/score", batch).json()["total"] == 3
    return bank


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["bad", "g-2", "g-1"]),
        ({"prediction": "1"}, ["bad"]),
        ({"prediction": "0"}, ["g-2", "g-1"]),
        ({"type": "CASH_OUT"}, ["g-2"]),
        ({"type": "cash_out"}, ["g-2"]),
        ({"type": "GIFT"}, []),
        ({"risk_level": "critical"}, ["bad"]),
        ({"status": "declined"}, ["bad"]),
        ({"nameOrig": "C840083671"}, ["g-2"]),
        ({"user_id": "C840083671"}, ["g-2"]),
        ({"transaction_id": "g-1"}, ["g-1"]),
        ({"start_date": "2026-02-01"}, []),
        ({"start_date": "2026-01-31", "end_date": "2026-02-01"}, ["bad", "g-2", "g-1"]),
        ({"industry": "lending"}, []),
        ({"page_size": "1", "page": "2"}, ["g-2"]),
        ({"limit": "2", "page": "2"}, ["g-1"]),
        ({"page_size": "2", "page": "9"}, []),
    ],
)
def test_lists_are_filtered_and_paged(three, params, found):
    for address, rows in (("/transactions", "transactions"), ("/predictions", "predictions")):
        told = call(three.key, "get", address, params).json()
        assert [row["transaction_id"] for row in told[rows]] == found
        if not params.keys() & {"page_size", "limit"}:
            assert told["total"] == len(found)


def test_a_cursor_leads_through_all_pages(three):
    seen, params = [], {"page_size": "1"}
    while True:
        page = call(three.key, "get", "/predictions", params).json()
        seen += [row["transaction_id"] for row in page["predictions"]]
        assert page["total"] == 3
        if page["next_cursor"] is None:
            break
        params = {"page_size": "1", "cursor": page["next_cursor"]}
    assert seen == ["bad", "g-2", "g-1"]


def test_what_is_beyond_counting_is_said(three, monkeypatch):
    monkeypatch.setattr("intake.views.gateway.listing.COUNTED_UP_TO", 2)
    told = call(three.key, "get", "/transactions").json()
    assert (told["total"], told["total_is_more"]) == (2, True)


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=1e3",
        "page=99999999999999999999",
        "page=501&page_size=20",
        "page=1&page=2",
        "page_size=0",
        "page_size=201",
        "page_size=1&limit=2",
        "limit=NaN",
        "cursor=x",
        "page=2&cursor=AZqlvMQgcAC9EYnVpXmMDg",
        "prediction=2",
        "prediction=true",
        "risk_level=HIGH",
        "type=",
        "start_date=soon",
        "end_date=9e99",
        "nameOrig=",
        "industry=circus",
        "unknown=1",
        "' OR 1=1 --=1",
        f"{'n' * 300}=1",
    ],
)
def test_a_wrong_filter_is_refused(bank, query):
    for address in ("/transactions", "/predictions"):
        told = refused(call(bank.key, "get", f"{address}?{query}"), 400)
        assert told["errors"]


def test_wrong_filters_are_named_as_they_were_given(bank):
    told = refused(call(bank.key, "get", "/predictions?page_size=0&type=&page=0&nameOrig="), 400)
    assert {error["field"] for error in told["errors"]} == {"page_size", "type", "page", "nameOrig"}


@pytest.mark.parametrize(
    "query", ["days=0", "days=367", "days=x", "days=-1", "days=1&days=2", "days=1e2", "no=1"]
)
@pytest.mark.parametrize(
    "address", ["fraud-trends", "transaction-patterns", "risk-distribution", "model-performance"]
)
def test_a_wrong_span_of_days_is_refused(bank, address, query):
    refused(call(bank.key, "get", f"/{address}?{query}"), 400)


def test_the_days_of_the_trends_are_those_asked_for(bank):
    assert len(call(bank.key, "get", "/fraud-trends").json()["trends"]) == 30
    call(bank.key, "post", "/ingest", PAYMENT)
    told = call(bank.key, "get", "/fraud-trends?days=3").json()
    assert [day["transactions"] for day in told["trends"]] == [0, 0, 1]


@pytest.mark.parametrize(
    "address", ["overview", "services", "gateway/metrics", "alerts", "services/status"]
)
def test_a_parameter_that_would_be_passed_over_is_refused(bank, address):
    refused(call(bank.key, "get", f"/{address}?colour=red"), 400)


@pytest.mark.parametrize("query", ["history=maybe", "history=true&history=true", "history="])
def test_a_wrong_wish_for_history_is_refused(bank, query):
    refused(call(bank.key, "get", f"/alerts?{query}"), 400)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"nul", b'{"a": NaN'])
@pytest.mark.parametrize("address", ["ingest", "transactions", "predictions", "fraud-alert"])
def test_a_body_that_is_no_object_is_refused(bank, address, body):
    refused(call(bank.key, "post", f"/{address}", body), 400)
    assert not Transaction.objects.exists()


HOSTILE = [None, True, -1, 1.5, 10**40, "", "\0", "x" * 5000, [], [[]], {}, {"a": {}}, "\ud800"]


@pytest.mark.parametrize("name", [*PAYMENT, "epoch", "currency", "is_vpn", "timestamp"])
def test_wrong_values_everywhere_are_no_failure(bank, name):
    for value in HOSTILE:
        response = call(bank.key, "post", "/ingest", {**PAYMENT, name: value})
        assert response.status_code in {200, 201, 400, 409}, (value, response.content)


def test_health_under_the_prefix_needs_no_key(rule_book):
    told = call(None, "get", "/gateway/health")
    assert {"status", "version", "rules_loaded", "database_connected"} <= told.json().keys()
