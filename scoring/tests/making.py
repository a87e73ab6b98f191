"""Requests for tests: plain by default, suspicious on demand."""

from typing import Any

from scoring.inputs import TransactionInput

SUSPICIOUS = {"account_age_days": 5.0, "ip_is_vpn": True, "transactions_last_hour": 8.0}


def make_request(**overrides: Any) -> TransactionInput:
    fields: dict[str, Any] = {
        "user_id": "ada",
        "amount": 1500.0,
        "transaction_type": "transfer",
        "vertical": "fintech",
        **overrides,
    }
    return TransactionInput(**fields)


def make_suspicious(**overrides: Any) -> TransactionInput:
    return make_request(**{"amount": 500_000.0, "supplied": SUSPICIOUS, **overrides})
