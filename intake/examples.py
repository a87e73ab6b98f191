"""Examples for the description: requests that work as they stand, and an answer of their shape."""

from typing import Any, Final

REQUEST_EXAMPLES: Final[dict[str, Any]] = {
    "velocity": {
        "summary": "A new account behind a VPN, with many transactions in an hour",
        "value": {
            "user_id": "ml_test_user",
            "amount": 500000,
            "transaction_type": "withdrawal",
            "industry": "fintech",
            "account_age_days": 5,
            "is_vpn": True,
            "transactions_last_hour": 8,
            "use_ml": True,
        },
    },
    "emulator": {
        "summary": "A device that is none",
        "value": {"user_id": "C-20931", "amount": 12500, "gpu_info": "goldfish"},
    },
    "card_purchase": {
        "summary": "A card purchase in a shop's own time zone",
        "value": {
            "user_id": "C-20931",
            "transaction_id": "order-7781",
            "timestamp": "2026-03-01T14:30:00+01:00",
            "amount": 249.9,
            "currency": "EUR",
            "industry": "ecommerce",
            "transaction_type": "purchase",
            "email": "ada@example.com",
            "ip_address": "203.0.113.7",
            "card_token": "tok_9f31c2",
            "card_bin": "411111",
            "card_last_four": "1111",
            "merchant_id": "M-17",
            "merchant_category_code": "5812",
            "basket_reference": "kept, because unknown",
        },
    },
}

DECISION_EXAMPLE: Final[dict[str, Any]] = {
    "transaction_id": "order-7781",
    "fraud_score": 40,
    "risk_level": "medium",
    "status": "review",
    "rule_score": 40.0,
    "ml_score": None,
    "ml_probability": None,
    "flags": [
        {
            "flag_type": "vpn_detected",
            "score": 50.0,
            "rule": "vpn_or_proxy",
            "reason": "The connection goes through a VPN or proxy",
            "severity": "high",
        }
    ],
    "ml_risk_factors": [],
    "message": "Transaction held for review. The connection goes through a VPN or proxy.",
    "timestamp": "2026-03-01T13:30:01.482913Z",
    "degraded": [],
    "switch": None,
    "ruleset": 1,
    "model_version": "",
    "unknown_fields": ["basket_reference"],
}
