"""The sentinel format: every call of the contract, as its clients make it."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.models import Institution
from intake.formats.sentinel_answers import rule_id_of
from intake.tests.conftest import open_bank
from intake.tests.sentinel_cast import BATCH, CERTAIN, FRAUD, ONE, SINGLE, plain, refused, with_key
from rules.models import Ruleset
from rules.queries import published_number
from rules.registry import exact_book
from scoring.formula import level_of
from scoring.models import Decision
from transactions.models import Transaction

pytestmark = pytest.mark.django_db
NUMBER = (int, float)


@pytest.fixture
def institution(rule_book) -> Institution:
    return open_bank("bank", "NGN")[0]


@pytest.fixture
def client(institution):
    return with_key(institution)


# --- Shapes: what the contract names must be there, of its type -------------------------------
DECISION = {
    "transaction_id": str,
    "final_fraud_score": NUMBER,
    "is_fraudulent": bool,
    "risk_level": str,
    "rules_triggered": int,
    "total_rules_evaluated": int,
    "rule_details": list,
    "timestamp": str,
}
DETAIL = {
    "rule_name": str,
    "rule_id": str,
    "passed": bool,
    "risk_score": NUMBER,
    "risk_level": str,
    "reason": str,
    "confidence": NUMBER,
    "details": dict,
}
BY_VERTICAL = {
    "transaction_id": str,
    "vertical": str,
    "is_fraudulent": bool,
    "final_fraud_score": NUMBER,
    "threshold": NUMBER,
    "triggered_rules": list,
}
CALLS = [
    ("post", SINGLE[0], ONE, DECISION),
    ("post", SINGLE[1], {**ONE, "vertical": "crypto", "currency": "EUR"}, BY_VERTICAL),
    ("post", BATCH, [ONE, FRAUD], {"results": list, "total": int}),
    ("get", "/rules/metadata", None, {"rules": list}),
    ("get", "/rules/categories", {"category": "identity"}, {"category": str, "rules": int}),
    ("get", "/rules/count", None, {"count": int, "total_rules": int, "categories": dict}),
    ("get", "/status", None, {"status": str, "components": dict}),
    ("get", "/verticals", None, {"supported_verticals": list, "count": int}),
    (
        "get",
        "/verticals/lending/config",
        None,
        {
            "vertical": str,
            "fraud_score_threshold": int,
            "aml_threshold": int,
            "allowed_currencies": list,
        },
    ),
    (
        "get",
        "/verticals/payments/metrics",
        None,
        {
            "vertical": str,
            "total_transactions": int,
            "fraudulent_count": int,
            "fraud_rate": NUMBER,
            "average_fraud_score": NUMBER,
        },
    ),
    (
        "get",
        "/verticals/crypto/rules",
        None,
        {
            "vertical": str,
            "rule_weights": dict,
            "total_rules_configured": int,
            "total_rules_available": int,
        },
    ),
    ("get", "/openapi.json", None, {"openapi": str, "paths": dict}),
]


def has_shape(value: dict, shape: dict) -> None:
    for name, kind in shape.items():
        assert isinstance(value[name], kind), (name, value[name])


@pytest.mark.parametrize(("method", "path", "given", "shape"), CALLS, ids=[c[1] for c in CALLS])
def test_each_call_of_the_contract_answers_in_its_shape(client, method, path, given, shape):
    response = getattr(client, method)(path, given)
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/json"
    has_shape(response.json(), shape)


# --- A decision -----------------------------------------------------------------------------
def test_every_evaluated_rule_is_told_and_the_triggered_ones_say_why(client):
    answer = client.post(SINGLE[0], FRAUD).json()
    details = answer["rule_details"]
    for detail in details:
        has_shape(detail, DETAIL)
    fired = {detail["rule_id"]: detail for detail in details if not detail["passed"]}
    assert answer["total_rules_evaluated"] == len(details) > 80
    assert answer["rules_triggered"] == len(fired) >= 3
    assert fired.keys() >= CERTAIN
    assert all(detail["reason"] and detail["risk_score"] > 0 for detail in fired.values())
    assert fired["NewAccountFraudRule"]["confidence"] == 0.85
    assert {detail["risk_score"] for detail in details if detail["passed"]} == {0}


def test_each_rule_is_told_once(client):
    names = [detail["rule_id"] for detail in client.check().json()["rule_details"]]
    assert len(names) == len(set(names))


def test_rules_in_shadow_are_not_told(client):
    shadows = {
        rule_id_of(rule.code, rule.definition)
        for rule in exact_book(published_number()).snapshot.rules
        if rule.state == "shadow"
    }
    names = {detail["rule_id"] for detail in client.check().json()["rule_details"]}
    assert shadows
    assert not shadows & names


def test_a_fraud_is_fraudulent_and_a_plain_payment_is_not(client):
    fraud, plain = client.post(SINGLE[0], FRAUD).json(), client.check().json()
    assert fraud["final_fraud_score"] > 50
    assert (fraud["is_fraudulent"], plain["is_fraudulent"]) == (True, False)
    assert plain["final_fraud_score"] < 20
    assert (plain["rules_triggered"], plain["risk_level"]) == (0, "low")


@pytest.mark.parametrize(
    "signs",
    [
        {},
        {"is_vpn": True},
        {"account_age_days": 1},
        {"is_emulator": True},
        {"is_emulator": True, "is_vpn": True, "account_age_days": 1},
    ],
)
def test_the_score_is_the_stored_rule_score_and_level_and_verdict_follow_it(client, signs):
    answer = client.check(**signs).json()
    stored = Decision.objects.get()
    assert answer["final_fraud_score"] == round(stored.rule_score, 2)
    assert answer["is_fraudulent"] is (answer["final_fraud_score"] > 50)
    assert answer["risk_level"] == level_of(int(answer["final_fraud_score"]))
    assert (answer["status"], stored.use_ml) == (stored.status, False)


@pytest.mark.parametrize("use_ml", [True, "yes", None])
def test_no_model_takes_part_whatever_is_asked(client, use_ml):
    assert client.check(use_ml=use_ml).status_code == 200
    assert Decision.objects.get().use_ml is False


@pytest.mark.parametrize("path", [*SINGLE, BATCH])
@pytest.mark.parametrize(
    ("given", "stored"), [({}, "USD"), ({"currency": None}, "USD"), ({"currency": "ngn"}, "NGN")]
)
def test_amounts_are_dollars_unless_the_currency_says_otherwise(client, path, given, stored):
    one = {**ONE, **given}
    assert client.post(path, [one] if path == BATCH else one).status_code == 200
    row = Transaction.objects.get()
    assert (row.currency, row.source, row.vertical) == (stored, "sentinel", "payments")


@pytest.mark.parametrize("user_id", [17, "17"])
def test_a_user_is_a_number_or_a_text(client, user_id):
    assert client.check(user_id=user_id).status_code == 200


def test_a_transaction_without_id_gets_one(client):
    given = {name: value for name, value in ONE.items() if name != "transaction_id"}
    made = client.post(SINGLE[0], given).json()["transaction_id"]
    assert Transaction.objects.get().external_id == made


def test_the_time_is_iso_8601_in_utc(client):
    moment = datetime.fromisoformat(client.check().json()["timestamp"])
    assert moment.utcoffset() == timedelta(0)
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)


# --- Repeats --------------------------------------------------------------------------------
@pytest.mark.parametrize("path", SINGLE)
def test_a_repeat_gets_the_same_answer_to_the_byte_even_under_a_later_ruleset(client, path):
    first = client.post(path, FRAUD)
    number = published_number()
    kept = Ruleset.objects.get(number=number)
    emptied = {**kept.snapshot, "rules": []}
    Ruleset.objects.create(number=number + 1, snapshot=emptied, note="none", created_by_name="test")
    put_in_force(number + 1)
    assert client.check(_path=SINGLE[0], transaction_id="new").json()["rule_details"] == []
    again = client.post(path, FRAUD)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Decision.objects.filter(transaction__external_id="TXN-F").count() == 1


def put_in_force(number: int) -> None:
    from rules.models import Publication

    Publication.objects.update(ruleset_id=number)


@pytest.mark.parametrize("path", SINGLE)
def test_other_fields_under_the_same_id_are_a_conflict(client, path):
    assert client.post(path, ONE).status_code == 200
    refused(client.post(path, {**ONE, "amount": 1}), 409)


def test_one_transaction_is_one_whichever_call_it_came_by(client):
    single = client.post(SINGLE[0], ONE).json()
    assert client.post(BATCH, [ONE]).json()["results"] == [single]
    assert client.post(SINGLE[1], ONE).json()["final_fraud_score"] == single["final_fraud_score"]
    assert Decision.objects.count() == 1


# --- By vertical ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("vertical", "threshold"),
    [("lending", 65), ("crypto", 50), ("mobile_money", 80), ("gaming", 60)],
)
def test_the_verticals_threshold_decides(client, vertical, threshold):
    for number, signs in enumerate([{}, {"is_vpn": True}, FRAUD]):
        given = {**plain(number), **signs, "transaction_id": f"t-{number}", "vertical": vertical}
        answer = client.check(_path=SINGLE[1], **given).json()
        rounded = Decision.objects.get(transaction__external_id=f"t-{number}").fraud_score
        assert (answer["vertical"], answer["threshold"]) == (vertical, threshold)
        assert answer["is_fraudulent"] is (rounded >= threshold)
    assert answer["is_fraudulent"] is True
    assert set(answer["triggered_rules"]) >= CERTAIN


def test_a_currency_that_the_vertical_does_not_take_is_a_rules_affair(client):
    answer = client.check(_path=SINGLE[1], vertical="crypto", currency="JPY").json()
    assert "VerticalCurrencyRule" in answer["triggered_rules"]


# --- Batches --------------------------------------------------------------------------------
def test_results_come_in_the_order_of_the_batch(client):
    items = [plain(number) for number in (3, 1, 2)]
    body = client.batch(*items, FRAUD).json()
    assert [result["transaction_id"] for result in body["results"]] == [
        "t-3",
        "t-1",
        "t-2",
        "TXN-F",
    ]
    assert body["total"] == 4
    for result in body["results"]:
        has_shape(result, DECISION)
    assert [result["is_fraudulent"] for result in body["results"]] == [False] * 3 + [True]


def test_an_empty_batch_has_no_results(client):
    assert client.batch().json() == {"results": [], "total": 0}


def test_a_conflict_in_a_batch_is_told_in_its_place_and_takes_nothing_from_the_others(client):
    client.check()
    body = client.batch({**ONE, "amount": 1}, FRAUD).json()
    conflict, decided = body["results"]
    assert conflict.keys() == {"transaction_id", "error", "detail", "type"}
    assert (conflict["transaction_id"], conflict["type"]) == ("TXN-1", "conflict")
    assert decided["is_fraudulent"] is True
    assert body["total"] == 2


def test_a_batch_of_nothing_but_conflicts_is_refused(client):
    client.check()
    refused(client.batch({**ONE, "amount": 1}), 409)


def test_a_repeated_batch_is_answered_from_what_is_stored(client):
    first = client.batch(ONE, FRAUD)
    assert client.batch(ONE, FRAUD).content == first.content
    assert Decision.objects.count() == 2


@pytest.mark.parametrize("key", ["k", "x" * 255])
def test_an_idempotency_key_holds_for_each_place_of_a_batch(client, key):
    items = [{"user_id": 1, "amount": 5}, {"user_id": 1, "amount": 5}]
    first = client.batch(*items, **{"Idempotency-Key": key})
    assert first.status_code == 200
    assert client.batch(*items, **{"Idempotency-Key": key}).content == first.content
    assert Decision.objects.count() == 2


# --- Rules and verticals --------------------------------------------------------------------
def test_the_rules_are_those_of_the_ruleset_in_force(client):
    rules = client.get("/rules/metadata").json()["rules"]
    shape = {"rule_id", "rule_name", "category", "description", "severity", "enabled", "version"}
    assert {frozenset(rule) for rule in rules} == {frozenset(shape)}
    snapshot = exact_book(published_number()).snapshot.rules
    assert len(rules) == len(snapshot)
    by_id = {rule["rule_id"]: rule for rule in rules}
    assert by_id["CryptoCurrencyExchangeRule"]["enabled"] is True
    for rule in snapshot:
        told = by_id[rule_id_of(rule.code, rule.definition)]
        assert told["enabled"] is (rule.state in {"live", "canary"})
    assert {rule["enabled"] for rule in rules} == {True, False}


def test_counts_agree_with_each_other(client):
    count = client.get("/rules/count").json()
    rules = client.get("/rules/metadata").json()["rules"]
    assert count["count"] == count["total_rules"] == len(rules) == sum(count["categories"].values())
    assert count["enabled_rules"] == sum(rule["enabled"] for rule in rules)
    assert {"identity", "behavioral", "transaction", "network", "ato"} <= count["categories"].keys()
    for category, number in count["categories"].items():
        told = client.get("/rules/categories", {"category": category}).json()
        assert told == {"category": category, "rules": number}


@pytest.mark.parametrize("category", ["nowhere", "", "Identity ", "\ud7ff", "x" * 5_000])
def test_an_unknown_category_is_refused(client, category):
    assert "category" in refused(client.get("/rules/categories", {"category": category}), 400)


def test_no_category_is_refused(client):
    assert "category" in refused(client.get("/rules/categories"), 400)


@pytest.mark.parametrize(
    ("vertical", "threshold", "aml", "currencies"),
    [
        ("lending", 65, 75, {"NGN", "USD", "EUR", "GBP"}),
        ("crypto", 50, 60, {"NGN", "USD", "EUR", "GBP"}),
        ("payments", 60, 80, {"NGN", "USD", "EUR", "GBP"}),
        ("mobile_money", 80, 80, {"NGN", "USD", "EUR", "GBP", "KES", "TZS", "UGX", "GHS"}),
    ],
)
def test_a_verticals_config_is_the_sources_own(client, vertical, threshold, aml, currencies):
    config = client.get(f"/verticals/{vertical}/config").json()
    assert (config["fraud_score_threshold"], config["aml_threshold"]) == (threshold, aml)
    assert currencies <= set(config["allowed_currencies"])


def test_all_eleven_verticals_are_supported(client):
    body = client.get("/verticals").json()
    assert body["count"] == len(body["supported_verticals"]) == 11
    for vertical in body["supported_verticals"]:
        for what in ("config", "rules", "metrics"):
            assert client.get(f"/verticals/{vertical}/{what}").status_code == 200


def test_crypto_weighs_the_crypto_exchange_rule_although_it_is_off_there(client):
    body = client.get("/verticals/crypto/rules").json()
    assert body["rule_weights"]["CryptoCurrencyExchangeRule"] == 1.5
    assert body["total_rules_configured"] == len(body["rule_weights"])
    evaluated = client.check(vertical="crypto").json()["rule_details"]
    assert body["total_rules_available"] == len(evaluated)
    assert "CryptoCurrencyExchangeRule" not in {detail["rule_id"] for detail in evaluated}


def test_metrics_count_the_callers_stored_transactions_and_nobody_elses(client, institution):
    empty = client.get("/verticals/gaming/metrics").json()
    assert (empty["total_transactions"], empty["fraud_rate"], empty["average_fraud_score"]) == (
        (0, 0.0, 0.0)
    )
    scores = [
        client.check(**plain(number), vertical="gaming").json()["final_fraud_score"]
        for number in range(3)
    ]
    scores.append(
        client.post(SINGLE[1], {**FRAUD, "vertical": "gaming"}).json()["final_fraud_score"]
    )
    stranger = with_key(open_bank("stranger")[0])
    stranger.post(SINGLE[0], {**FRAUD, "vertical": "gaming"})
    body = client.get("/verticals/gaming/metrics").json()
    assert (body["total_transactions"], body["fraudulent_count"], body["fraud_rate"]) == (
        4,
        1,
        25.0,
    )
    assert body["average_fraud_score"] == pytest.approx(sum(scores) / 4, abs=0.01)


def test_the_status_tells_of_each_component(client):
    body = client.get("/status").json()
    assert body["components"].keys() == {"database", "redis", "rules", "model"}
    assert set(body["components"].values()) <= {"up", "down"}


def test_the_description_names_the_calls(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {path for _, path, _, _ in CALLS[:3]} <= paths.keys()
    assert "/verticals/{vertical}/config" in paths
