"""A decision on its way to the database and to the answer, before there is a row of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of `scoring.models.Decision`, by the names of its columns.

    A struct instead of the model, which takes ten times as long to make.
    """

    transaction_id: UUID
    institution_id: int
    decided_at: datetime
    status: str
    risk_level: str
    fraud_score: int
    rule_score: float
    ml_score: float | None
    ml_probability: float | None
    effect: str
    use_ml: bool
    degraded: list[str]
    hits: list[dict[str, Any]]
    shadow_hits: list[dict[str, Any]]
    ruleset_number: int
    model_version: str
    catalogue_version: int
    hash_version: int
    numbers: list[float | None]
    texts: list[str | None]
    inputs: dict[str, Any]
