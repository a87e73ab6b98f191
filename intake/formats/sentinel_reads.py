"""What the `sentinel` format's reading calls answer."""

from datetime import datetime
from typing import Literal

import msgspec

from intake.health import Health


class RuleRead(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the ruleset in force. One that is not enabled is evaluated without effect."""

    rule_id: str
    rule_name: str
    category: str
    description: str
    severity: str
    enabled: bool
    version: str


class RulesRead(msgspec.Struct, frozen=True):
    rules: list[RuleRead]


class Categories(msgspec.Struct, frozen=True, kw_only=True):
    """How many rules a category has."""

    category: str
    rules: int


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many rules there are, in all and by category. `count` is `total_rules`."""

    count: int
    total_rules: int
    enabled_rules: int
    disabled_rules: int
    categories: dict[str, int]


State = Literal["up", "down"]


class Components(msgspec.Struct, frozen=True, kw_only=True):
    """A model that is down is one that was never trained: rules decide alone."""

    database: State
    redis: State
    rules: State
    model: State


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is healthy, degraded (decides, with something missing) or unhealthy."""

    status: str
    version: str
    components: Components
    rules_loaded: int
    ruleset: int | None


def status_of(health: Health) -> Status:
    return Status(
        status=health.status,
        version=health.version,
        components=Components(
            database=_state(health.database_connected),
            redis=_state(health.redis_connected),
            rules=_state(health.ruleset is not None),
            model=_state(health.model_loaded),
        ),
        rules_loaded=health.rules_loaded,
        ruleset=health.ruleset,
    )


def _state(works: bool) -> State:
    return "up" if works else "down"


class Verticals(msgspec.Struct, frozen=True, kw_only=True):
    supported_verticals: list[str]
    count: int


class VerticalConfigRead(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds are points of 0 to 100."""

    vertical: str
    fraud_score_threshold: int
    aml_threshold: int
    allowed_currencies: tuple[str, ...]


class VerticalFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided since `since`, by rules alone, whichever format it came in.

    `fraudulent_count` reached the vertical's threshold; `fraud_rate` is its share in percent. Rate
    and average are 0 where there are no transactions.
    """

    vertical: str
    total_transactions: int
    fraudulent_count: int
    fraud_rate: float
    average_fraud_score: float
    since: datetime


class VerticalRules(msgspec.Struct, frozen=True, kw_only=True):
    """`rule_weights` are those that are set, by rule_id; every other rule counts 1. Available are
    the enabled rules that this vertical uses."""

    vertical: str
    rule_weights: dict[str, float]
    total_rules_configured: int
    total_rules_available: int
