"""Decisions that know what the customer did before."""

import base64

import pytest

from features.vector import by_name
from foundation.outbox import drain_outbox
from foundation.redis_scripts import RedisUnavailableError
from intelligence.models import ExchangeRate
from scoring import knowledge
from scoring.models import Decision
from scoring.profiles.surprise import ENOUGH
from scoring.tests.habits_cast import (
    NOON,
    REFUSED,
    in_full,
    score,
    verdicts_by_amount,  # noqa: F401  used by every test
)
from transactions.models import Label, Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


def vector(client, **fields):
    answer = score(client, **fields)
    decision = Decision.objects.get(transaction__external_id=answer.transaction_id)
    return by_name(decision.numbers, decision.texts, decision.catalogue_version)


def test_it_knows_amounts_devices_and_categories_from_before(bank):
    for day in range(10):
        score(bank, **in_full(occurred_at=NOON - (10 - day) * 86_400, amount=100.0 + day))
    drain_outbox()
    names = {"device_id": "d-2", "merchant_id": "m-2", "beneficiary_id": "b-1"}
    known = vector(bank, **in_full(amount=5_000.0, identifiers=names))
    assert known["transactions_in_profile"] == 10
    assert known["avg_transaction_amount"] == pytest.approx(104.5)
    assert known["amount_vs_max_ever"] == pytest.approx(5_000 / 109)
    assert known["device_is_new"] is True
    assert (known["merchant_is_new"], known["beneficiary_is_new"]) == (True, False)
    assert known["usual_merchant_categories"] == ("8398",)
    assert known["merchant_category_matches_user"] is True
    assert known["first_transaction_date"] == NOON - 10 * 86_400


def test_it_reads_amounts_in_its_own_currency(bank):
    for day in range(5):
        score(bank, occurred_at=NOON - 86_400 - day, amount=150_000.0)
    drain_outbox()
    known = vector(bank, occurred_at=NOON, amount=100.0, currency="USD")
    rate = ExchangeRate.objects.filter(currency="NGN", day__lte="2026-05-03").latest("day")
    assert known["avg_transaction_amount"] == pytest.approx(150_000 / float(rate.per_usd))


def test_a_device_of_a_declined_fraud_stays_new(bank):
    score(bank, occurred_at=NOON - 7200, identifiers={"device_id": "d-1"})
    device = {"identifiers": {"device_id": "d-9"}}
    score(bank, occurred_at=NOON - 3600, amount=REFUSED, **device)
    drain_outbox()
    assert vector(bank, occurred_at=NOON, **device)["device_is_new"] is True


def test_what_the_client_says_wins(bank):
    score(bank, occurred_at=NOON - 3600, identifiers={"device_id": "d-1"})
    drain_outbox()
    said = {"identifiers": {"device_id": "d-9"}, "supplied": {"device_is_new": False}}
    assert vector(bank, occurred_at=NOON, **said)["device_is_new"] is False


def test_other_institutions_know_nothing_of_it(bank, stranger):
    for day in range(6):
        score(bank, occurred_at=NOON - 86_400 - day)
    score(stranger, occurred_at=NOON - 3600)
    drain_outbox()
    assert "avg_transaction_amount" not in vector(stranger, occurred_at=NOON)


def test_of_somebody_new_it_knows_that_there_is_no_history(bank):
    known = vector(bank, **in_full())
    assert known["transactions_in_profile"] == 0
    assert not {"device_is_new", "avg_transaction_amount"} & set(known)


def test_the_time_of_receipt_is_no_hour_of_the_customers(bank):
    for number in range(ENOUGH):
        score(bank, occurred_at=NOON - 3600 * number, utc_offset_minutes=0.0)
    drain_outbox()
    zone = {"supplied": {"timezone_offset": 0.0}}
    assert "unusual_time_of_day" in vector(bank, occurred_at=NOON, **zone)
    assert "unusual_time_of_day" not in vector(bank, **zone)


def test_without_the_counters_the_profile_still_tells_what_is_usual(bank, monkeypatch):
    for number in range(6):
        score(bank, occurred_at=NOON - 3600 * (6 - number))
    drain_outbox()

    def unavailable(_):
        raise RedisUnavailableError("down")

    monkeypatch.setattr(knowledge, "record", unavailable)
    known = vector(bank, occurred_at=NOON)
    assert known["avg_transaction_amount"] == 1500.0
    assert known["last_transaction_at"] == NOON - 3600
    assert known["time_since_last_transaction"] == 3600
    assert "transactions_last_hour" not in known


def test_how_long_card_and_device_are_known_is_told_from_their_second_transaction_on(bank):
    names = {"identifiers": {"device_id": "d-1", "card_token": "tok_1"}}
    first = vector(bank, occurred_at=NOON - 3 * 86_400, **names)
    assert not {"device_age_days", "card_age_days"} & set(first)
    known = vector(bank, occurred_at=NOON, **names)
    assert (known["device_age_days"], known["card_age_days"]) == (3, 3)
    late = vector(bank, occurred_at=NOON - 4 * 86_400, **names)
    assert not {"device_age_days", "card_age_days"} & set(late)


def test_the_clients_own_word_on_an_age_wins(bank):
    for at in (NOON - 86_400, NOON):
        names = {"device_id": "d-1"}
        known = vector(bank, occurred_at=at, identifiers=names, supplied={"device_age_days": 400.0})
        assert known["device_age_days"] == 400


def test_ages_are_found_under_any_key_in_use(bank, settings):
    names = {"identifiers": {"device_id": "d-1", "card_token": "tok_1"}}
    settings.FRAUDSHIELD_KEYS = f"1:{OLD}"
    score(bank, occurred_at=NOON - 2 * 86_400, **names)
    settings.FRAUDSHIELD_KEYS = f"2:{NEW},1:{OLD}"
    known = vector(bank, occurred_at=NOON, **names)
    assert (known["device_age_days"], known["card_age_days"]) == (2, 2)


@pytest.mark.parametrize(
    ("typology", "is_fraud", "expected"),
    [
        ("account_takeover", True, 1),
        ("Account takeover", True, 1),
        ("sim-swap", True, 1),
        ("friendly_fraud", True, None),
        ("account_takeover", False, None),
    ],
)
def test_takeovers_are_counted_by_labels(bank, typology, is_fraud, expected):
    score(bank, occurred_at=NOON - 86_400)
    drain_outbox()
    record_label(
        transaction_row=Transaction.objects.get(),
        is_fraud=is_fraud,
        source=Label.Source.CUSTOMER,
        by="test",
        typology=typology,
    )
    drain_outbox()
    assert vector(bank, occurred_at=NOON).get("account_takeover_count") == expected
