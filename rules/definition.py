"""A rule, a vertical, a snapshot as plain data: one shape from TOML to database to engine."""

import hashlib
from enum import StrEnum
from typing import Any, Self

import msgspec

VERTICALS = (
    "lending",
    "fintech",
    "payments",
    "crypto",
    "ecommerce",
    "betting",
    "gaming",
    "marketplace",
    "banking",
    "mobile_money",
    "remittance",
)


FLAGGED = ("review", "declined")
"""Statuses of decisions that may become an alert, as each vertical says."""


class State(StrEnum):
    """Where a rule stands; only the last three of shadow, canary, live enter a ruleset."""

    DRAFT = "draft"
    SHADOW = "shadow"
    CANARY = "canary"
    LIVE = "live"
    RETIRED = "retired"


class Severity(StrEnum):
    """How serious a hit is to its reader; it changes no score."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Effect(StrEnum):
    """What a hit does besides its score."""

    SCORE = "score"
    REVIEW = "review"
    DECLINE = "decline"
    ALLOW = "allow"


class Money(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An amount in a named currency, with other amounts where plain conversion would be wrong."""

    value: float
    currency: str
    overrides: dict[str, float] = {}


Value = bool | float | str | tuple[str, ...] | Money


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A named constant of a rule; bounds apply to numbers and, in its own currency, to money."""

    name: str
    value: Value
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    doc: str = ""


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that an edit can change about a rule. ``only`` and ``exclude`` name verticals."""

    name: str
    category: str
    condition: str
    score: str
    confidence: float
    severity: Severity
    reason: str
    family: str
    flag_type: str
    effect: Effect = Effect.SCORE
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sentinel_id: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""

    @property
    def fingerprint(self) -> str:
        """Hexadecimal SHA-256 of the content: equal definitions, equal fingerprints."""
        return _digest(self)

    def applies_to(self, vertical: str) -> bool:
        """Whether the rule is evaluated in that vertical at all."""
        return vertical not in self.exclude and (not self.only or vertical in self.only)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form; ``Definition.load`` is its inverse."""
        return _plain(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        """Definition of a decoded JSON or TOML table; ``msgspec.ValidationError`` tells faults."""
        return msgspec.convert(data, cls)


class PublishedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as a snapshot holds it: which version, in which state."""

    code: str
    version: int
    state: State
    canary_percent: float
    definition: Definition


class VerticalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of business's own numbers: thresholds in points of 0..100, weights summing to 1."""

    code: str
    name: str
    review_threshold: int
    fraud_score_threshold: int
    aml_threshold: int
    rules_weight: float
    ml_weight: float
    currencies: tuple[str, ...]
    rule_weights: dict[str, float]
    alert_on: tuple[str, ...] = FLAGGED


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a ruleset decides with, so that a decision replays from its number alone."""

    catalogue_version: int
    rules: tuple[PublishedRule, ...]
    verticals: tuple[VerticalConfig, ...]
    format: int = 1

    @property
    def fingerprint(self) -> str:
        """Hexadecimal SHA-256 of the content."""
        return _digest(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form; ``Snapshot.load`` is its inverse."""
        return _plain(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        """Snapshot of a stored JSON document."""
        return msgspec.convert(data, cls)


def _plain(struct: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(struct)
    return plain


def _digest(struct: msgspec.Struct) -> str:
    # Converted once more, so that 5 written by hand and 5.0 read from the database count as equal.
    normal = msgspec.convert(_plain(struct), type(struct))
    return hashlib.sha256(msgspec.json.encode(normal, order="sorted")).hexdigest()
