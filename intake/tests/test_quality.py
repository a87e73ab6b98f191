"""Findings on the data of a transaction, in native terms."""

import pytest

from intake.formats.base import Decoded
from intake.quality import assess
from scoring.inputs import TransactionInput


def findings(*, kind="cash_out", to="beneficiary_id", payee="B", amount=100.0, extras=(), **known):
    request = TransactionInput(
        user_id="A",
        amount=amount,
        occurred_at=1.0,
        transaction_type=kind,
        identifiers={to: payee} if payee else {},
        supplied=known,
        extras=dict.fromkeys(extras, 1),
    )
    return assess(Decoded(request, {"sender_balance_after": "theirs"}), own={"step"})


def sender(before, after):
    return {"sender_balance_before": before, "sender_balance_after": after}


def recipient(before, after):
    return {"recipient_balance_before": before, "recipient_balance_after": after}


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({}, []),
        ({"amount": 0.0}, ["zero_amount"]),
        ({"kind": None}, ["no_type"]),
        ({"payee": ""}, ["no_counterparty"]),
        ({"payee": "A"}, ["same_party"]),
        ({"extras": ["step", "colour"]}, ["unknown_field"]),
        (sender(500.0, 400.0), []),
        (sender(500.0, 399.0), []),  # a fee
        (sender(500.0, 300.0), ["sender_balance_mismatch"]),
        (sender(50.0, 0.0), ["amount_over_balance", "sender_balance_mismatch"]),
        ({"kind": "cash_in", **sender(50.0, 150.0)}, []),
        ({"kind": "cash_in", **sender(150.0, 50.0)}, ["sender_balance_mismatch"]),
        ({"kind": "barter", **sender(1.0, 900.0)}, []),
        ({"kind": None, **sender(1.0, 900.0)}, ["no_type"]),
        (recipient(0.0, 100.0), []),
        (recipient(0.0, 0.0), ["recipient_balance_mismatch"]),
        ({"to": "merchant_id", **recipient(0.0, 0.0)}, []),
        ({"kind": "cash_in", **recipient(300.0, 200.0)}, []),
        ({"kind": "cash_in", **recipient(300.0, 400.0)}, ["recipient_balance_mismatch"]),
        ({"sender_balance_before": 500.0}, []),
    ],
)
def test_a_transaction_is_found_to_be(told, codes):
    assert [finding.code for finding in findings(**told).findings] == codes


def test_only_a_contradiction_fails():
    assert findings(kind=None, extras=["colour"]).passed
    assert not findings(amount=0.0).passed


def test_a_field_is_named_as_the_client_named_it():
    assert [f.field for f in findings(**sender(500.0, 0.0)).findings] == ["theirs"]
