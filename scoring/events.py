"""What scoring tells the rooms above."""

import msgspec

from foundation.outbox import event


@event
class DecisionMade(msgspec.Struct, frozen=True, tag="scoring.decision_made.v1"):
    """A transaction was decided. Names no person: subscribers load what they need by id."""

    transaction: str  # UUID
    institution: int
    vertical: str
    status: str
    fraud_score: int
    ruleset: int
    day: str  # on which the transaction took place, ISO 8601, UTC
    hits: tuple[str, ...] = ()
    shadow_hits: tuple[str, ...] = ()
    rule_errors: tuple[str, ...] = ()
    imported: bool = False  # imports open no cases and send nothing
    degraded: tuple[str, ...] = ()  # parts that were out of order
    model: str = ""  # the version that took part in the decision


@event
class ModelFailed(msgspec.Struct, frozen=True, tag="scoring.model_failed.v1"):
    """A model in use cannot be used: decisions stand on its vertical's recent median."""

    version: str
    fault: str


@event
class ModelPromoted(msgspec.Struct, frozen=True, tag="scoring.model_promoted.v1"):
    """Another model decides from now on."""

    version: str
    before: str  # empty for the first
