"""The native door: the contract's own examples, and what every answer promises."""

from datetime import UTC, datetime, timedelta

import pytest

from intake.tests.cast import PLAIN, SUSPICIOUS, wrong_fields
from transactions.models import Transaction
from transactions.sealing import open_request

pytestmark = pytest.mark.django_db

ANSWER = {
    "transaction_id": str,
    "fraud_score": int,
    "risk_level": str,
    "status": str,
    "rule_score": float,
    "ml_score": type(None),
    "ml_probability": type(None),
    "flags": list,
    "ml_risk_factors": list,
    "message": str,
    "timestamp": str,
    "degraded": list,
    "switch": type(None),
    "ruleset": int,
    "model_version": str,
    "unknown_fields": list,
}


def flags(response) -> set[str]:
    return {flag["flag_type"] for flag in response.json()["flags"]}


def stored(transaction_id: str):
    return open_request(Transaction.objects.get(external_id=transaction_id))


def test_an_answer_has_every_field_of_the_contract_with_its_type(bank):
    answer = bank.send(SUSPICIOUS).json()
    assert {name: type(value) for name, value in answer.items()} == ANSWER
    assert {"flag_type", "score", "rule", "reason", "severity"} == answer["flags"][0].keys()
    moment = datetime.fromisoformat(answer["timestamp"])
    assert moment.utcoffset() == timedelta(0)
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_new_account_behind_a_vpn_with_many_transactions_is_stopped(bank):
    response = bank.send(SUSPICIOUS)
    assert response.json()["status"] in {"declined", "review"}
    assert flags(response) >= {"high_velocity", "vpn_detected", "new_account_high_value"}


@pytest.mark.parametrize("gpu", ["goldfish", "ranchu", "SwiftShader", "llvmpipe", "VirtualBox"])
def test_an_emulators_graphics_raise_the_emulator_flag(bank, gpu):
    assert "emulator_detected" in flags(bank.check(gpu_info=gpu))


def test_a_blacklisted_email_with_a_high_amount_is_declined(bank):
    answer = bank.check(amount=1_000_000, is_blacklisted_email=True).json()
    assert answer["status"] == "declined"


def test_fields_that_nobody_knows_are_named(bank):
    answer = bank.check(
        acount_age_days=3, basket="B-1", _headers={"X-Webhook-URL": "https://a.example/"}
    )
    assert answer.json()["unknown_fields"] == ["acount_age_days", "basket"]


def test_a_time_in_the_future_is_refused_by_the_name_that_was_used(bank):
    body = bank.check(timestamp="2199-01-01T00:00:00Z").json()
    assert body["type"] == "/problems/invalid-fields"
    assert body["detail"].startswith("timestamp: ")
    assert "occurred_at" not in body["detail"]


def test_a_plain_transaction_needs_only_customer_and_amount(bank):
    answer = bank.send(PLAIN).json()
    assert (answer["status"], answer["flags"]) == ("approved", [])


@pytest.mark.parametrize(
    ("name", "value", "feature"),
    [
        ("is_vpn", True, "ip_is_vpn"),
        ("kyc_verified", False, "id_verified"),
        ("user_country", "NG", "country"),
        ("new_device", True, "device_is_new"),
        ("os", "android", "os_type"),
    ],
)
def test_a_field_answers_to_the_sources_other_names(bank, name, value, feature):
    bank.check(transaction_id="t-1", **{name: value})
    assert stored("t-1")["supplied"][feature] == value


def test_one_field_under_two_names_must_say_the_same(bank):
    assert bank.check(is_vpn=True, ip_is_vpn=True).status_code == 200
    assert "is_vpn" in str(wrong_fields(bank.check(is_vpn=True, ip_is_vpn=False)))


def test_null_means_not_given(bank):
    response = bank.check(transaction_id="t-1", is_vpn=None, email=None, currency=None)
    assert response.status_code == 200
    assert "ip_is_vpn" not in stored("t-1")["supplied"]


def test_spaces_around_an_identifier_make_nobody_somebody_else(bank):
    bank.check(user_id="C-77", device_id="D-1", transaction_id="a")
    bank.check(user_id=" C-77 ", device_id="D-1 ", transaction_id="b")
    one, other = Transaction.objects.filter(external_id__in=["a", "b"])
    assert (one.customer_id, one.device_id) == (other.customer_id, other.device_id)
    assert len(bank.get("/api/v1/transactions", {"user_id": "C-77 "}).json()["results"]) == 2


def test_a_number_for_a_customer_is_the_same_customer_as_its_digits(bank):
    bank.check(user_id=4711, transaction_id="t-1")
    bank.check(user_id="4711", transaction_id="t-2")
    assert Transaction.objects.values("customer").distinct().count() == 1


@pytest.mark.parametrize(
    "moment",
    ["2026-03-01T14:30:00+01:00", "2026-03-01T13:30:00Z", "2026-03-01T13:30:00", 1772371800],
)
def test_a_time_is_read_from_iso_8601_and_from_epoch_seconds(bank, moment):
    assert bank.check(timestamp=moment, transaction_id="t-1").status_code == 200
    at = Transaction.objects.get().occurred_at
    assert at == datetime(2026, 3, 1, 13, 30, tzinfo=UTC)


def test_the_times_own_offset_is_kept(bank):
    bank.check(timestamp="2026-03-01T14:30:00+01:00", transaction_id="t-1")
    assert stored("t-1")["utc_offset_minutes"] == 60


def test_an_event_ahead_of_the_clock_is_refused_by_the_name_that_was_used(bank):
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    errors = wrong_fields(bank.check(timestamp=ahead))
    assert "5 minutes ahead" in errors["timestamp"]
    near = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    assert bank.check(timestamp=near).status_code == 200


def test_unknown_fields_are_kept_sealed(bank):
    bank.check(transaction_id="t-1", basket={"items": [1, 2]}, note="grüße")
    assert stored("t-1")["extras"] == {"basket": {"items": [1, 2]}, "note": "grüße"}
    assert b"basket" not in bytes(Transaction.objects.get().sealed)


def test_card_numbers_in_unknown_fields_are_masked_before_they_are_stored(bank):
    bank.check(
        transaction_id="t-1",
        note="paid with 4111 1111 1111 1111",
        deep=[{"n": 5555555555554444}],
        card_issuer_bank="of 4111111111111111",
    )
    content = stored("t-1")
    assert content["extras"] == {
        "note": "paid with 4111 11** **** 1111",
        "deep": [{"n": "555555******4444"}],
    }
    assert content["supplied"]["card_issuer_bank"] == "of 411111******1111"


def test_a_webhook_address_is_kept_with_the_transaction(bank):
    url = "https://hooks.example.com/fraud?x=1"
    bank.check(transaction_id="t-1", _headers={"X-Webhook-URL": url})
    assert stored("t-1")["extras"]["x_webhook_url"] == url


def test_a_request_id_is_taken_over_or_made(bank):
    assert bank.check(_headers={"X-Request-ID": "mine-12345"}).headers["X-Request-ID"] == (
        "mine-12345"
    )
    assert len(bank.check().headers["X-Request-ID"]) >= 16


def test_the_door_touches_no_session_and_sets_no_cookie(bank):
    response = bank.check()
    assert not response.cookies
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/x+json"])
def test_json_under_its_other_content_types_is_taken(bank, content_type):
    assert bank.raw('{"user_id": 1, "amount": 2}', content_type=content_type).status_code == 200


def test_a_byte_order_mark_does_no_harm(bank):
    assert bank.raw(b'\xef\xbb\xbf{"user_id": 1, "amount": 2}').status_code == 200
