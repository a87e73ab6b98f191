"""The sentra format: every call of the contract, what it translates, and bad input."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.test import Client as HttpClient

from clients.accounts import passwords, services
from clients.accounts.checking import check_registration
from clients.models import Tier
from features.catalogue import CATALOGUE
from features.vector import pack
from foundation.outbox import drain_outbox
from intake.formats.sentra import SENTRA, Signals, signals_of
from intake.tests.conftest import open_bank, publish_rules
from scoring.models import Decision
from transactions.models import Device, Transaction
from transactions.sealing import open_request

pytestmark = pytest.mark.django_db

FIELDS = {
    "transaction_id": "txn_001",
    "amount": 5000,
    "phone_number": "+254712345678",
    "device_id": "device_abc",
    "location": "Nairobi",
}


class Sentra:
    """A client with a token."""

    def __init__(self, token: str | None, **headers: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.headers |= headers

    def score(self, **changes):
        fields = {**FIELDS, **changes}
        return self.send({name: value for name, value in fields.items() if value is not ...})

    def send(self, body):
        raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return HttpClient(raise_request_exception=False).post(
            "/v1/score", raw, content_type="application/json", headers=self.headers
        )


def refusal(response, status: int) -> dict:
    assert response.status_code == status, response.content
    body = response.json()
    assert body.keys() - {"fields"} == {"error", "detail", "request_id"}
    return body


def wrong_fields(response) -> set[str]:
    return {error["field"] for error in refusal(response, 400)["fields"]}


@pytest.fixture
def tokens(db, settings, monkeypatch):
    monkeypatch.setattr(passwords.hasher, "iterations", 10)
    settings.ACCOUNT_REGISTRATION = True
    wanted = check_registration(
        name="Ada's Wallet", email="ada@example.com", password="correct horse battery"
    )
    return services.register(wanted=wanted, address="192.0.2.1").tokens


@pytest.fixture
def sentra(rule_book, tokens) -> Sentra:
    return Sentra(tokens.access)


@pytest.fixture
def early(tokens) -> Sentra:
    """Before any rules are published: what is wrong is refused ahead of them."""
    return Sentra(tokens.access)


def decision_of(transaction_id: str) -> Decision:
    return Decision.objects.get(transaction__external_id=transaction_id)


def test_a_score_answers_what_the_contract_says(sentra):
    now = datetime.now(UTC).isoformat()
    response = sentra.score(timestamp=now)
    assert response.status_code == 200, response.content
    answer = response.json()
    assert {name: type(value) for name, value in answer.items()} == {
        "transaction_id": str,
        "risk_score": int,
        "risk_level": str,
        "signals": dict,
        "recommendation": str,
        "processing_time_ms": float,
    }
    assert answer["transaction_id"] == "txn_001"
    assert answer["risk_level"] in {"LOW", "MEDIUM", "HIGH", "CRITICAL"}
    assert answer["signals"].keys() == {
        "velocity",
        "amount_anomaly",
        "device_new",
        "location_change",
    }
    assert all(0 <= value <= 1 for value in answer["signals"].values())
    assert answer["processing_time_ms"] > 0


def test_the_transaction_is_the_native_one(sentra):
    sentra.score(timestamp="2026-03-01T14:30:00+03:00")
    stored = Transaction.objects.get(external_id="txn_001")
    opened = open_request(stored)
    assert (stored.source, stored.vertical, stored.currency) == ("sentra", "mobile_money", "USD")
    assert stored.occurred_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    assert opened["identifiers"]["phone"] == "+254712345678"
    assert opened["identifiers"]["device_id"] == "device_abc"
    assert opened["extras"]["location"] == "Nairobi"


@pytest.mark.parametrize(
    ("changes", "status", "recommendation"),
    [
        ({"amount": 10}, "approved", "APPROVE"),
        ({"is_blacklisted_email": True, "amount": 1_000_000}, "declined", "BLOCK"),
    ],
)
def test_the_recommendation_follows_the_status(sentra, changes, status, recommendation):
    answer = sentra.score(**changes).json()
    decision = decision_of("txn_001")
    assert (decision.status, answer["recommendation"]) == (status, recommendation)
    assert answer["risk_score"] == decision.fraud_score
    assert answer["risk_level"] == decision.risk_level.upper()


def test_high_below_the_verticals_threshold_is_flagged(sentra):
    """As the source's own example: 78, HIGH, FLAG."""
    suspicious = {
        "account_age_days": 5,
        "is_vpn": True,
        "transactions_last_hour": 8,
        "amount": 500_000,
        "currency": "NGN",
        "transaction_type": "withdrawal",
    }
    answer = sentra.score(**suspicious).json()
    assert 60 <= answer["risk_score"] < 80
    assert (answer["risk_level"], answer["recommendation"]) == ("HIGH", "FLAG")


def decoded(**changes):
    fields = {**FIELDS, **changes}
    body = {name: value for name, value in fields.items() if value is not ...}
    return SENTRA.decode(json.dumps(body).encode()).request


@pytest.mark.parametrize("name", ["vertical", "industry"])
def test_another_vertical_may_be_named(name):
    assert decoded().vertical == "mobile_money"
    assert decoded(**{name: "lending"}).vertical == "lending"


@pytest.mark.parametrize(
    ("changes", "customer"),
    [
        ({}, "+254712345678"),
        ({"phone_number": " 00254 (712) 345-678"}, "+254712345678"),
        ({"phone_number": ..., "phone": "0712345678"}, "0712345678"),
        ({"phone_number": ...}, "device_abc"),
        ({"phone_number": None}, "device_abc"),
        ({"phone_number": ""}, "device_abc"),
        ({"user_id": "C-7"}, "C-7"),
        ({"customer_id": "C-7"}, "C-7"),
    ],
)
def test_the_customer_is_whom_the_telephone_number_tells(changes, customer):
    assert decoded(**changes).user_id == customer


def test_a_repeat_gets_the_stored_decision(sentra):
    first, second = sentra.score(), sentra.score()
    assert second.headers["Idempotent-Replayed"] == "true"
    for answer in (one := first.json(), two := second.json()):
        del answer["processing_time_ms"]
    assert one == two
    assert refusal(sentra.score(amount=1), 409)


# -- signals --------------------------------------------------------------------------------------


def signals(location: str | None = None, **known) -> Signals:
    """Of a decision whose vector holds just these features."""
    values = [None] * len(CATALOGUE)
    for name, value in known.items():
        values[CATALOGUE.index[name]] = value
    numbers, texts = pack(values)
    decision = SimpleNamespace(
        numbers=numbers,
        texts=texts,
        catalogue_version=CATALOGUE.version,
        institution_id=1,
        transaction_id=UUID(int=1),
    )
    return signals_of(decision, location)


def test_what_is_not_known_raises_no_signal():
    assert signals() == Signals(0, 0, 0, 0)


@pytest.mark.parametrize(("count", "velocity"), [(1, 0), (2, 0.1667), (6, 0.5), (46, 0.9)])
def test_velocity_rises_with_the_hours_count(count, velocity):
    assert signals(transactions_last_hour=count).velocity == velocity


@pytest.mark.parametrize(("zscore", "anomaly"), [(-2, 0), (0, 0), (3, 0.5), (27, 0.9), (1e6, 1)])
def test_the_amount_is_judged_by_its_deviation(zscore, anomaly):
    assert signals(amount_zscore=zscore).amount_anomaly == anomaly


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ({"device_is_new": True}, 1),
        ({"device_is_new": True, "device_age_days": 70}, 1),
        ({"device_is_new": False}, 0),
        ({"device_id": "0a" * 16}, 1),
        ({"device_id": "0a" * 16, "device_is_new": False}, 0),
        ({"device_is_new": False, "device_age_days": 0}, 1),
        ({"device_age_days": 7}, 0.5),
        ({"device_age_days": 70}, 0.001),
    ],
)
def test_a_device_is_the_newer_the_less_it_is_known(known, new):
    assert signals(**known).device_new == new


@pytest.mark.parametrize(("kilometres", "change"), [(0, 0), (100, 0.5), (900, 0.9)])
def test_a_place_changes_by_its_distance(kilometres, change):
    assert signals("Nairobi", distance_from_last_location_km=kilometres).location_change == change


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        ("Nairobi", "nairobi", 0),
        ("Nairobi", "Mombasa", 1),
        ("Nairobi, Kenya", "Mombasa, Kenya", 0.6667),
        ("Nairobi", "Westlands, Nairobi", 0.5),
        ("", "Nairobi", 0),
        ("Nairobi", None, 0),
        ("Nairobi", " ", 0),
        ("...", "!!!", 0),
    ],
)
def test_a_place_changes_by_its_name(monkeypatch, before, now, change):
    monkeypatch.setattr("intake.formats.sentra.place_before", lambda *_: before)
    assert signals(now).location_change == change


def test_a_customer_who_moves_about_raises_all_signals(sentra):
    def asked(number: int, **changes) -> dict[str, float]:
        return sentra.score(transaction_id=f"t{number}", **changes).json()["signals"]

    assert asked(1) == {
        "velocity": 0,
        "amount_anomaly": 0,
        "device_new": 1,
        "location_change": 0,
    }
    drain_outbox()  # what is usual is learned afterwards
    second = asked(2, location="Mombasa")
    assert (second["velocity"], second["location_change"]) == (0.1667, 1)
    Device.objects.update(first_seen_at=datetime.now(UTC) - timedelta(days=28))
    assert asked(3, location="Mombasa")["device_new"] < 0.1
    assert asked(4, location="Mombasa", device_id="another")["device_new"] == 1
    assert asked(5, location="0, 0")["location_change"] == 1
    assert asked(6, location="0, 0.9")["location_change"] == pytest.approx(0.5, abs=0.001)
    other = asked(7, phone_number="+254700000001", location="Kisumu")
    assert other["location_change"] == other["velocity"] == 0


# -- who may --------------------------------------------------------------------------------------


def test_an_api_key_does_as_well(rule_book):
    institution, caller = open_bank("bank", "KES")
    assert Sentra(None, **{"X-API-Key": caller.key}).score().status_code == 200
    assert Transaction.objects.get().institution_id == institution.pk


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "token-missing"),
        ({"Authorization": "Bearer"}, "token-missing"),
        ({"Authorization": "Basic YWRhOng="}, "token-missing"),
        ({"Authorization": "Bearer nonsense"}, "token-unknown"),
        ({"Authorization": "Bearer " + "A" * 100_000}, "token-unknown"),
        ({"X-API-Key": "fs_nonsense"}, "key-unknown"),
        ({"X-API-Key": "fs_nonsense", "Authorization": "Bearer x"}, "token-unknown"),
    ],
)
def test_a_stranger_is_refused(db, headers, error):
    response = Sentra(None, **headers).score()
    assert refusal(response, 401)["error"] == error
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_refresh_token_is_no_access_token(tokens):
    assert refusal(Sentra(tokens.refresh).score(), 401)["error"] == "token-unknown"


def test_one_account_does_not_see_anothers_transactions(sentra, settings):
    sentra.score()
    wanted = check_registration(
        name="Grace", email="grace@example.com", password="correct horse battery"
    )
    other = Sentra(services.register(wanted=wanted, address="192.0.2.1").tokens.access)
    assert "Idempotent-Replayed" not in other.score().headers
    assert Transaction.objects.count() == 2


def test_the_tier_limits_the_account(sentra):
    Tier.objects.update(requests_per_minute=3)
    codes = [sentra.score(transaction_id=f"t{number}").status_code for number in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    refused = sentra.score()
    assert refusal(refused, 429)["error"] == "too-many-requests"
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["RateLimit-Policy"] == '"free";q=3;w=60'


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"amount": ...}, {"amount"}),
        ({"amount": "5000"}, {"amount"}),
        ({"amount": -1}, {"amount"}),
        ({"amount": None}, {"amount"}),
        ({"amount": {}}, {"amount"}),
        ({"phone_number": ..., "device_id": ...}, {"phone_number"}),
        ({"phone_number": 254712345678}, {"phone_number"}),
        ({"phone_number": []}, {"phone_number"}),
        ({"phone_number": True}, {"phone_number"}),
        ({"phone_number": "x" * 500}, {"phone_number"}),
        ({"phone_number": "\ud800"}, {"phone_number"}),
        ({"phone_number": ..., "device_id": {}}, {"device_id"}),
        ({"device_id": []}, {"device_id"}),
        ({"device_id": 1.5}, {"device_id"}),
        ({"location": 7}, {"location"}),
        ({"location": {"lat": 1}}, {"location"}),
        ({"location": "x" * 201}, {"location"}),
        ({"location": "\ud800"}, {"location"}),
        ({"timestamp": "yesterday"}, {"timestamp"}),
        ({"timestamp": "2026-02-30T00:00:00Z"}, {"timestamp"}),
        ({"timestamp": "2098-01-01T00:00:00Z"}, {"timestamp"}),
        ({"timestamp": []}, {"timestamp"}),
        ({"transaction_id": []}, {"transaction_id"}),
        ({"transaction_id": ""}, {"transaction_id"}),
        ({"transaction_id": "x" * 129}, {"transaction_id"}),
        ({"vertical": "casino"}, {"vertical"}),
        ({"amount": "x", "timestamp": 1e300}, {"amount", "timestamp"}),
    ],
)
def test_what_is_wrong_is_named_as_the_client_does(early, changes, named):
    assert wrong_fields(early.score(**changes)) == named


@pytest.mark.parametrize("location", ["91, 0", "0, 181", "99,999", "1,2,3", "1e5, 0"])
def test_numbers_that_are_no_coordinates_are_a_name(location):
    body = json.dumps({**FIELDS, "location": location}).encode()
    assert "latitude" not in SENTRA.decode(body).request.supplied


@pytest.mark.parametrize("body", [b" ", b"{", b"[]", b"null", b"\xff", b'{"amount": NaN}'])
def test_a_body_that_is_no_transaction_is_refused(early, body):
    refusal(early.send(body), 400)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_another_method_is_refused(early, method):
    response = getattr(HttpClient(), method)("/v1/score", headers=early.headers)
    assert refusal(response, 405)["error"] == "method-not-allowed"


@pytest.mark.django_db(transaction=True)
def test_health_tells_the_state():
    publish_rules()
    response = HttpClient().get("/v1/health")
    assert response.status_code == 200
    answer = response.json()
    assert (answer["status"], answer["database_connected"]) == ("healthy", True)
    assert isinstance(answer["model_loaded"], bool)
    refusal(HttpClient().post("/v1/health"), 405)


@pytest.mark.django_db(transaction=True)
def test_health_says_when_nothing_can_be_decided():
    response = HttpClient().get("/v1/health")
    assert response.status_code == 503
    assert response.json()["status"] == "unhealthy"
    assert response.headers["Retry-After"] == "2"


def test_the_documentation_is_swagger_ui():
    response = HttpClient().get("/docs")
    assert response.status_code == 200
    assert b"swagger" in response.content.lower()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("post", "/api/v1/fraud/check", 200),
        ("get", "/api/v1/transactions", 200),
        ("get", "/api/v1/decisions/unknown", 404),
    ],
)
def test_an_accounts_token_opens_the_native_addresses_too(sentra, method, path, status):
    body = {"data": json.dumps({"user_id": "C-1", "amount": 10})} if method == "post" else {}
    call = getattr(HttpClient(headers=sentra.headers), method)
    response = call(path, content_type="application/json", **body)
    assert response.status_code == status
    assert response.headers["RateLimit-Policy"].startswith('"free";')


@pytest.mark.parametrize("path", ["/api/v1/transactions", "/api/v1/decisions/unknown"])
@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", ""])
def test_a_wrong_token_is_refused_at_the_native_addresses_too(rule_book, path, header):
    response = HttpClient(headers={"Authorization": header}).get(path)
    assert response.status_code == 401
    assert response.json()["status"] == 401
