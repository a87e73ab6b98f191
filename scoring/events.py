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
