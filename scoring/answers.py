"""A decision as it is answered: the same whether just made, repeated or read later."""

from datetime import datetime
from typing import Any

import msgspec

from scoring.decided import Decided
from scoring.formula import SWITCH
from scoring.models import Decision

MESSAGES = {
    "approved": "Transaction approved.",
    "review": "Transaction held for review.",
    "declined": "Transaction declined.",
}


class Flag(msgspec.Struct, frozen=True):
    """One live rule that fired. `score` is 0..100 before weight and confidence."""

    flag_type: str
    score: float
    rule: str
    reason: str
    severity: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a client is told. Scores 0..100, probabilities 0..1, times UTC."""

    transaction_id: str
    fraud_score: int
    risk_level: str
    status: str
    current_status: str
    rule_score: float
    ml_score: float | None
    ml_probability: float | None
    flags: tuple[Flag, ...]
    ml_risk_factors: tuple[str, ...]
    message: str
    decided_at: datetime
    degraded: tuple[str, ...]
    switch: str | None  # the mode of the operator's switch that was on
    ruleset: int
    model_version: str
    stored: Decision | Decided  # the whole of it, for formats that tell more
    replayed: bool = False  # the decision was there before this request


def answer_of(decision: Decision | Decided, transaction_id: str, *, replayed: bool) -> Answer:
    """The answer that a stored (or just written) decision gives."""
    return Answer(
        transaction_id=transaction_id,
        fraud_score=decision.fraud_score,
        risk_level=decision.risk_level,
        status=decision.status,
        current_status=decision.status,
        rule_score=round(decision.rule_score, 2),
        ml_score=decision.ml_score,
        ml_probability=decision.ml_probability,
        flags=tuple(flag_of(hit) for hit in decision.hits),
        ml_risk_factors=tuple(decision.inputs.get("ml_factors", ())),
        message=message_of(decision),
        decided_at=decision.decided_at,
        degraded=tuple(decision.degraded),
        switch=decision.inputs.get("switch", {}).get("mode"),
        ruleset=decision.ruleset_number,
        model_version=decision.model_version,
        stored=decision,
        replayed=replayed,
    )


def flag_of(hit: dict[str, Any]) -> Flag:
    return Flag(
        flag_type=hit["flag_type"],
        score=round(hit["score"], 2),
        rule=hit["code"],
        reason=hit["reason"],
        severity=hit["severity"],
    )


def message_of(decision: Decision | Decided) -> str:
    """One sentence: the status and the strongest reason for it."""
    text = MESSAGES[decision.status]
    if decision.effect == SWITCH:
        return f"{text} {decision.hits[-1]['reason']}."
    if decision.status == "approved" or not decision.hits:
        return text
    strongest = max(decision.hits, key=lambda hit: (hit["effect"] != "score", hit["worth"]))
    return f"{text} {strongest['reason']}."
