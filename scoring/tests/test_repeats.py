"""Repeats long after the first request: over a change of keys and over an upgrade."""

import base64

import msgspec
import pytest
from django.core.management import call_command

from foundation.errors import Conflict, Unavailable
from scoring.inputs import TransactionInput
from scoring.services import score_transaction
from scoring.tests.making import make_suspicious

pytestmark = pytest.mark.django_db
OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()
REQUEST = make_suspicious(
    transaction_id="t-1",
    identifiers={"email": "ada@example.com", "device_id": "d-1"},
    extras={"note": "hello", "parts": [1, 2.5, None, {"deep": True}]},
    occurred_at=1_750_000_000.25,
    utc_offset_minutes=60.0,
    card_last_four="4242",
)


@pytest.fixture
def rotated(settings, bank):
    """A decision made under a key that was taken out after `rekey`."""
    settings.FRAUDSHIELD_KEYS = f"1:{OLD}"
    first = score_transaction(client=bank, request=REQUEST, source="test", idempotency_key="k-1")
    settings.FRAUDSHIELD_KEYS = f"2:{NEW},1:{OLD}"
    call_command("rekey", verbosity=0)
    settings.FRAUDSHIELD_KEYS = f"2:{NEW}"
    return first


def test_a_repeat_is_known_after_its_key_was_taken_out(bank, rotated):
    again = score_transaction(client=bank, request=REQUEST, source="test", idempotency_key="k-1")
    assert again.replayed
    assert (again.decided_at, again.flags) == (rotated.decided_at, rotated.flags)


def test_a_request_of_defaults_is_known_after_its_key_was_taken_out(bank, settings):
    plain = TransactionInput(user_id="C-1", amount=10.0, transaction_id="t-2")
    settings.FRAUDSHIELD_KEYS = f"1:{OLD}"
    score_transaction(client=bank, request=plain, source="test")
    settings.FRAUDSHIELD_KEYS = f"2:{NEW},1:{OLD}"
    call_command("rekey", verbosity=0)
    settings.FRAUDSHIELD_KEYS = f"2:{NEW}"
    assert score_transaction(client=bank, request=plain, source="test").replayed


def test_a_default_counts_the_same_given_or_left_out():
    given = msgspec.json.decode(b'{"user_id":"C-1","amount":1,"vertical":"payments"}')
    left_out = TransactionInput(user_id="C-1", amount=1.0)
    decoded = msgspec.convert(given, TransactionInput)
    assert decoded.packed() == left_out.packed()


def test_a_repeat_that_no_key_opens_is_unavailable_not_a_failure(bank, rotated, settings):
    settings.FRAUDSHIELD_KEYS = f"3:{OLD}"
    with pytest.raises(Unavailable, match="cannot be read back"):
        score_transaction(client=bank, request=REQUEST, source="test")


@pytest.mark.parametrize(
    "change",
    [{"amount": 1.0}, {"extras": {}}, {"use_ml": False}, {"occurred_at": None}],
    ids=lambda change: next(iter(change)),
)
def test_other_fields_are_a_conflict_after_the_key_was_taken_out(bank, rotated, change):
    fields = {name: getattr(REQUEST, name) for name in REQUEST.__struct_fields__}
    other = TransactionInput(**{**fields, **change})
    with pytest.raises(Conflict, match="used before with other fields"):
        score_transaction(client=bank, request=other, source="test")


def test_a_field_added_later_does_not_change_an_earlier_requests_fingerprint():
    class Later(TransactionInput, kw_only=True, frozen=True, omit_defaults=True):
        added_later: str | None = None

    fields = {name: getattr(REQUEST, name) for name in REQUEST.__struct_fields__}
    assert Later(**fields).packed() == REQUEST.packed()
