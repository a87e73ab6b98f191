"""Make a stored decision again from what was stored with it, and show any difference."""

from dataclasses import dataclass
from typing import Any

import msgspec

from features.catalogue import CATALOGUE
from features.vector import unpack
from intelligence.lookup import Listing
from rules.registry import exact_book
from rules.switching.reading import Switched
from scoring.consider import Ground, consider, hit_as_json
from scoring.formula import HOLD_OUT
from scoring.models import Decision


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of the decision that came out otherwise."""

    part: str
    stored: Any
    replayed: Any


def replay(decision: Decision) -> list[Difference]:
    """Differences between the stored decision and the same made anew; none when identical.

    Uses the ruleset, vector, exchange rates, list hits and model score that were stored, so it
    depends on nothing that has changed since. Raises LookupError when the ruleset or the
    catalogue version is gone.
    """
    ground = ground_of(decision)
    evaluation, verdict = consider(ground)
    fresh: dict[str, Any] = {
        "status": verdict.status,
        "risk_level": verdict.level,
        "fraud_score": verdict.fraud_score,
        "rule_score": verdict.rule_score,
        "effect": verdict.effect,
        "hits": [hit_as_json(hit) for hit in evaluation.hits],
        "shadow_hits": [hit_as_json(hit) for hit in evaluation.shadow_hits],
    }
    return [
        Difference(part, getattr(decision, part), value)
        for part, value in fresh.items()
        if getattr(decision, part) != value
    ]


def ground_of(decision: Decision) -> Ground:
    """What the decision rested on, rebuilt from its row."""
    values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
    user = values[CATALOGUE.index["user_id"]]
    stored = decision.transaction
    switch = decision.inputs.get("switch")
    return Ground(
        vertical=exact_book(decision.ruleset_number).vertical(stored.vertical),
        values=values,
        currency=stored.currency,
        rates=decision.inputs["rates"],
        listings=[
            Listing(feature, name, effect, "")
            for feature, name, effect in decision.inputs["listed"]
        ],
        customer_hash=bytes.fromhex(user) if isinstance(user, str) else None,
        ml_score=decision.ml_score,
        held_out=decision.effect == HOLD_OUT,
        switch=msgspec.convert(switch, Switched) if switch else None,
    )
