"""The small named cast of this room's tests."""

from typing import Any

from features.catalogue import CATALOGUE
from features.framework import Facts
from features.identifiers import normal_form
from features.types import Type
from rules.catalogue import built_in_rules
from rules.definition import (
    Definition,
    Money,
    Parameter,
    PublishedRule,
    Severity,
    Snapshot,
    State,
    VerticalConfig,
)
from rules.engine import CompiledBook, Evaluation


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
        "parameters": (Parameter("limit", Money(5000, "USD"), 1, 9_000),),
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


# Enough of the catalogue for tests of loading and of pages.
A_FEW_RULES = tuple(
    rule
    for rule in built_in_rules()
    if rule.code in {"emulator_detected", "gambling", "high_amount", "new_account", "tor_exit"}
)
NOON = 1_767_261_600.0  # Thursday 1 January 2026, 10:00 UTC
RATES_TO_NGN = {"USD": 1500.0, "NGN": 1.0}


def make_values(**supplied: Any) -> list[Any]:
    """The vector of a transaction of 1,000 NGN with these fields, in catalogue order.

    An identifier is given in clear, as a client would.
    """
    fields = {"amount": 1000.0, "currency": "NGN", **supplied}
    fields = {name: _as_float(value) for name, value in fields.items() if value is not None}
    occurred_at = fields.pop("occurred_at", NOON)
    identifiers = [n for n in fields if CATALOGUE[n].type is Type.IDENTIFIER]
    raw = {name: normal_form(name, str(fields[name])) or "" for name in identifiers}
    facts = Facts(
        occurred_at=occurred_at,
        supplied={name: value for name, value in fields.items() if name not in raw},
        hashes={name: value.encode().hex() for name, value in raw.items()},
        raw=raw,
    )
    return CATALOGUE.compute_vector(facts)[0]


def _as_float(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def publish(definition: Definition, code: str = "high_amount", **overrides: Any) -> PublishedRule:
    """A live rule of a snapshot."""
    fields: dict[str, Any] = {
        "code": code,
        "version": 1,
        "state": State.LIVE,
        "canary_percent": 100.0,
        "definition": definition,
    }
    return PublishedRule(**{**fields, **overrides})


def make_snapshot(*rules: PublishedRule, **config: Any) -> Snapshot:
    """A snapshot with these rules (one sound rule if none) and the payments vertical."""
    return Snapshot(
        catalogue_version=CATALOGUE.version,
        rules=rules or (publish(make_definition()),),
        verticals=(make_config(**config),),
    )


def make_book(*rules: PublishedRule, number: int = 1, **config: Any) -> CompiledBook:
    """A compiled book of `make_snapshot`."""
    return CompiledBook(make_snapshot(*rules, **config), number)


def evaluate(book: CompiledBook, vertical: str = "payments", **supplied: Any) -> Evaluation:
    """What the vertical's rules say of a transaction in NGN with these fields."""
    customer = supplied.pop("customer_hash", b"ada")
    listed = supplied.pop("listed", frozenset())
    return book.vertical(vertical).evaluate(
        make_values(**supplied),
        currency=supplied.get("currency", "NGN"),
        rates=RATES_TO_NGN if supplied.get("currency", "NGN") == "NGN" else {},
        listed=listed,
        customer_hash=customer,
    )
