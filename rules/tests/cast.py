"""The small named cast of this room's tests."""

from typing import Any

from rules.definition import Definition, Money, Parameter, Severity, VerticalConfig


def make_definition(**overrides: Any) -> Definition:
    """A sound rule: the amount is above 5,000 USD."""
    fields: dict[str, Any] = {
        "name": "High amount",
        "category": "transaction",
        "condition": "amount > limit",
        "score": "30",
        "confidence": 0.8,
        "severity": Severity.HIGH,
        "reason": "{amount} is above {limit}",
        "family": "high_amount",
        "flag_type": "high_amount",
        "parameters": (Parameter("limit", Money(5000, "USD"), 1, 10_000),),
    }
    return Definition(**{**fields, **overrides})


def make_config(**overrides: Any) -> VerticalConfig:
    """The payments vertical as shipped."""
    fields: dict[str, Any] = {
        "code": "payments",
        "name": "Payments",
        "review_threshold": 40,
        "fraud_score_threshold": 60,
        "aml_threshold": 80,
        "rules_weight": 0.6,
        "ml_weight": 0.4,
        "currencies": ("NGN", "USD"),
        "rule_weights": {},
    }
    return VerticalConfig(**{**fields, **overrides})
