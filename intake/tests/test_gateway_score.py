"""The gateway's batch: the contract's fields, times, merchants, repeats, and what is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from intake.formats.gateway import LARGEST_BATCH, result_of
from intake.tests.gateway_cast import CASH_OUT, PAYMENT, call
from scoring.answers import Answer
from transactions.models import Transaction
from transactions.sealing import open_request

pytestmark = pytest.mark.django_db

RESULT = {
    "transaction_id": str,
    "fraud_probability": float,
    "prediction": int,
    "risk_level": str,
    "confidence": float,
    "model_version": str,
    "status": str,
}
DECLINED = {**PAYMENT, "is_blacklisted_email": True, "amount": 1_000_000, "transaction_id": "bad"}


def score(bank, *transactions, headers=None, **more):
    body = {"transactions": list(transactions), **more}
    return call(bank.key, "post", "/api/v1/score", body, **(headers or {}))


def stored(transaction_id="g-1"):
    return Transaction.objects.get(external_id=transaction_id)


def wrong(response):
    assert response.status_code == 400, response.content
    body = response.json()
    assert {"error", "detail", "status", "request_id"} <= body.keys()
    return [error["field"] for error in body["errors"]]


def test_a_batch_is_answered_in_its_order_with_every_field_of_the_contract(bank):
    answer = score(bank, CASH_OUT, PAYMENT).json()
    assert answer["total"] == 2
    assert answer["processing_time_ms"] > 0
    assert answer["errors"] == []
    assert [one["transaction_id"] for one in answer["results"]] == ["g-2", "g-1"]
    assert {name: type(value) for name, value in answer["results"][0].items()} == RESULT


def test_a_prediction_follows_from_the_score_where_no_model_takes_part(bank):
    good, bad = score(bank, CASH_OUT, DECLINED).json()["results"]
    assert (good["fraud_probability"], good["prediction"], good["confidence"]) == (0.0, 0, 1.0)
    assert (good["risk_level"], good["model_version"]) == ("low", "ruleset-1")
    assert bad["status"] == "declined"
    assert (bad["prediction"], bad["confidence"]) == (1, bad["fraud_probability"])


@pytest.mark.parametrize(
    ("status", "probability", "fraud_score", "told"),
    [
        ("approved", None, 0, (0.0, 0, 1.0)),
        ("review", None, 45, (0.45, 0, 0.55)),
        ("review", None, 50, (0.5, 1, 0.5)),
        ("declined", None, 10, (0.1, 1, 0.9)),  # a list declined it
        ("approved", 0.3, 90, (0.3, 0, 0.7)),
        ("review", 0.75, 10, (0.75, 1, 0.75)),
    ],
)
def test_the_models_probability_outranks_the_score(status, probability, fraud_score, told):
    outcome = Answer(
        transaction_id="t",
        fraud_score=fraud_score,
        risk_level="low",
        status=status,
        current_status=status,
        rule_score=0,
        ml_score=None,
        ml_probability=probability,
        flags=(),
        ml_risk_factors=(),
        message="",
        decided_at=datetime.now(UTC),
        degraded=(),
        ruleset=7,
        model_version="" if probability is None else "m-1",
        switch=None,
        stored=None,
    )
    result = result_of("t", outcome, ruleset=7)
    assert (result.fraud_probability, result.prediction, result.confidence) == pytest.approx(told)
    assert result.model_version == ("ruleset-7" if probability is None else "m-1")


def test_a_transaction_is_mobile_money_with_its_balances_in_the_banks_currency(bank):
    score(bank, CASH_OUT)
    row = stored("g-2")
    assert (row.vertical, row.transaction_type, row.source) == (
        "mobile_money",
        "cash_out",
        "gateway",
    )
    assert row.currency == "NGN"
    assert open_request(row)["supplied"] == {
        "sender_balance_before": 181.0,
        "sender_balance_after": 0.0,
        "recipient_balance_before": 21182.0,
        "recipient_balance_after": 21363.0,
    }


@pytest.mark.parametrize(
    ("payer", "payee", "identifiers"),
    [
        ("C1", "M2", {"merchant_id": "M2"}),
        ("C1", "C2", {"beneficiary_id": "C2"}),
        ("M1", "C2", {"merchant_id": "M1", "beneficiary_id": "C2"}),
    ],
)
def test_names_beginning_with_m_are_merchants(bank, payer, payee, identifiers):
    score(bank, {**PAYMENT, "nameOrig": payer, "nameDest": payee})
    opened = open_request(stored())
    assert (opened["user_id"], opened["identifiers"]) == (payer, identifiers)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("epoch", ["2026-01-31", "2026-01-31T00:00:00+00:00", 1769817600])
def test_the_epoch_of_a_batch_places_its_steps(bank, epoch):
    score(bank, {**PAYMENT, "step": 26}, epoch=epoch)
    assert stored().occurred_at == datetime(2026, 2, 1, 2, tzinfo=UTC)


def test_a_transactions_own_epoch_outranks_that_of_its_batch(bank):
    score(bank, {**PAYMENT, "epoch": "2026-03-01"}, epoch="2026-01-31")
    assert stored().occurred_at == datetime(2026, 3, 1, 1, tzinfo=UTC)


def test_the_setting_places_steps_where_no_epoch_is_sent(bank, settings):
    settings.GATEWAY_EPOCH = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    score(bank, PAYMENT)
    assert stored().occurred_at == datetime(2026, 5, 1, 1, tzinfo=UTC)


def test_without_an_epoch_the_time_of_receipt_counts(bank):
    score(bank, {**PAYMENT, "step": 700})
    assert abs(stored().occurred_at - datetime.now(UTC)) < HOUR


def test_other_fields_are_native_ones(bank):
    extra = {"is_vpn": True, "currency": "KES", "vertical": "remittance", "till": 4}
    score(bank, {**PAYMENT, **extra, "isFraud": 1, "isFlaggedFraud": 0})
    row = stored()
    assert (row.currency, row.vertical) == ("KES", "remittance")
    opened = open_request(row)
    assert opened["supplied"]["ip_is_vpn"] is True
    assert opened["extras"] == {"till": 4, "step": 1}  # nothing of the labels


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k" * 255}])
def test_the_same_batch_again_gives_the_same_answer_and_stores_nothing(bank, headers):
    first = score(bank, PAYMENT, CASH_OUT, headers=headers).json()
    again = score(bank, PAYMENT, CASH_OUT, headers=headers).json()
    assert again["results"] == first["results"]
    assert Transaction.objects.count() == 2


def test_an_idempotency_key_serves_transactions_without_ids(bank):
    bare = [{n: v for n, v in t.items() if n != "transaction_id"} for t in (PAYMENT, CASH_OUT)]
    first, again = (score(bank, *bare, headers={"Idempotency-Key": "b-1"}) for _ in range(2))
    assert first.json()["results"] == again.json()["results"]
    assert Transaction.objects.count() == 2


def test_a_transaction_that_contradicts_an_earlier_one_takes_nothing_from_the_others(bank):
    score(bank, PAYMENT)
    answer = score(bank, {**PAYMENT, "amount": 1}, CASH_OUT)
    assert answer.status_code == 200
    body = answer.json()
    assert [one["transaction_id"] for one in body["results"]] == ["g-2"]
    assert body["total"] == 2
    error = body["errors"][0]
    assert (error["index"], error["transaction_id"], error["status"]) == (0, "g-1", 409)
    assert error["detail"]


def test_a_batch_of_which_nothing_can_be_decided_is_refused(bank):
    score(bank, PAYMENT)
    answer = score(bank, {**PAYMENT, "amount": 1})
    assert answer.status_code == 409
    assert answer.json()["error"] == answer.json()["error"].strip() != ""


def test_a_step_that_lies_ahead_is_named_by_its_name(bank):
    answer = score(bank, {**PAYMENT, "step": 48}, epoch=datetime.now(UTC).isoformat())
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["step"]


NAN = b'{"transactions": [{"transaction_id": "n", "amount": NaN, "type": "DEBIT", "step": 1e999}]}'


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 1e300}, "amount"),
        ({"amount": 10**400}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"amount": True}, "amount"),
        ({"step": 1.5}, "step"),
        ({"step": -1}, "step"),
        ({"step": 10**30}, "step"),
        ({"step": {}}, "step"),
        ({"type": "GIFT"}, "type"),
        ({"type": ["PAYMENT"]}, "type"),
        ({"type": {"a": 1}}, "type"),
        ({"nameOrig": ""}, "nameOrig"),
        ({"nameOrig": {}}, "nameOrig"),
        ({"nameOrig": "x" * 500}, "nameOrig"),
        ({"nameOrig": 10**400}, "nameOrig"),
        ({"nameOrig": "a\0b"}, "nameOrig"),
        ({"nameOrig": "\ud800"}, "nameOrig"),
        ({"nameDest": None}, "nameDest"),
        ({"nameDest": 1.5}, "nameDest"),
        ({"oldbalanceOrg": "lots"}, "oldbalanceOrg"),
        ({"newbalanceOrig": -5}, "newbalanceOrig"),
        ({"oldbalanceDest": []}, "oldbalanceDest"),
        ({"newbalanceDest": 1e200}, "newbalanceDest"),
        ({"newbalanceDest": -(10**400)}, "newbalanceDest"),
        ({"transaction_id": {}}, "transaction_id"),
        ({"transaction_id": "x" * 129}, "transaction_id"),
        ({"user_id": "somebody else"}, "user_id"),
        ({"currency": "Naira"}, "currency"),
        ({"industry": "circus"}, "industry"),
        ({"card_number": "4111111111111111"}, "card_number"),
        ({"epoch": "soon"}, "epoch"),
        ({"epoch": []}, "epoch"),
    ],
)
def test_a_wrong_field_is_named_with_its_place_and_nothing_is_stored(bank, change, field):
    assert wrong(score(bank, CASH_OUT, {**PAYMENT, **change})) == [f"transactions.1.{field}"]
    assert not Transaction.objects.exists()


def test_every_wrong_field_of_every_transaction_is_named(bank):
    fields = wrong(score(bank, {**PAYMENT, "amount": -1, "type": 3}, 5, {}))
    assert fields == [
        "transactions.0.type",
        "transactions.0.amount",
        "transactions.1",
        "transactions.2.type",
        "transactions.2.amount",
        "transactions.2.nameOrig",
        "transactions.2.nameDest",
    ]


def test_with_an_epoch_a_step_is_needed(bank):
    bare = {name: value for name, value in PAYMENT.items() if name != "step"}
    assert wrong(score(bank, bare, epoch="2026-01-31")) == ["transactions.0.step"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"transactions": None},
        {"transactions": {}},
        {"transactions": []},
        {"transactions": "all"},
        {"transactions": [{}] * (LARGEST_BATCH + 1)},
        {"transactions": [{}] * 10_000},
        {"transactions": [None] * 3},
        {"transactions": [[[]]]},
        {"transactions": [PAYMENT], "epoch": "when?"},
        {"transactions": [PAYMENT], "epoch": True},
        {"transactions": [PAYMENT], "epoch": 1e30},
    ],
)
def test_a_body_that_is_no_batch_is_refused(bank, body):
    assert wrong(call(bank.key, "post", "/api/v1/score", body))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (NAN, 400),
        (b'{"transactions": ' + b"[" * 100_000, 400),
        (json.dumps({"transactions": [PAYMENT] * 10_000}).encode(), 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_the_formats_own_words(bank, body, status):
    response = call(bank.key, "post", "/api/v1/score", body)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/csv"}, 415),
        ({"Content-Type": "application/json; charset=utf-16"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Idempotency-Key": ""}, 400),
        ({"Idempotency-Key": "k" * 256}, 400),
        ({"Idempotency-Key": "ключ"}, 400),
        ({"X-Webhook-URL": "file:///etc/passwd"}, 400),
        ({"X-API-Key": "fs_" + "x" * 5000}, 401),
        ({"X-API-Key": "\x7f'; --"}, 401),
    ],
)
def test_hostile_headers_are_refused(bank, headers, status):
    assert score(bank, PAYMENT, headers=headers).status_code == status
    assert not Transaction.objects.exists()


def test_a_batch_of_many_customers_is_decided(bank):
    batch = [{**PAYMENT, "transaction_id": f"b-{n}", "nameOrig": f"C{n}"} for n in range(50)]
    answer = score(bank, *batch).json()
    assert answer["total"] == len(answer["results"]) == 50
