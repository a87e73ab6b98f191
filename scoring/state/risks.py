"""What an entity's known frauds say of a transaction, by feature. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from features.catalogue.risk import RATES, SETTLED
from scoring.state.counters import Risk
from scoring.state.script import HALF_LIVES

SMOOTHING: Final = 20.0
"""An entity's share of frauds starts at its institution's, which weighs as much as so many of the
entity's own transactions: enough that one fraud among three transactions is no rate of a third."""

USUAL_RATE: Final = 0.005
USUAL_WEIGHT: Final = 200.0
"""What an institution's own share starts at, until some hundreds of transactions speak for it."""

DAY_SECONDS: Final = 86_400.0


def _in_order(patterns: Mapping[str, int]) -> tuple[str, ...]:
    """The names' patterns in the order of the half-lives."""
    by_span = {days * DAY_SECONDS: pattern for pattern, days in patterns.items()}
    return tuple(by_span[half_life] for half_life in HALF_LIVES)


_PATTERNS: Final = _in_order(RATES)


def features_of_risks(risks: Mapping[str, Risk]) -> dict[str, float]:
    """The features of the risks of those who took part, by entity; the institution's among them."""
    found: dict[str, float] = {}
    whole = risks.get("institution")
    usual = [
        share(*faded, USUAL_RATE, USUAL_WEIGHT)
        for faded in (whole.faded if whole else [(0.0, 0.0)] * len(HALF_LIVES))
    ]
    for entity, risk in risks.items():
        if entity == "institution":
            continue
        found |= _rates(entity, risk.faded, usual)
        for pattern, (settled, frauds) in zip(SETTLED, risk.settled, strict=False):
            if settled or frauds:
                found[pattern.format(entity)] = settled_share(settled, frauds)
        known = "previous_fraud_count" if entity == "customer" else f"{entity}_known_frauds"
        found[known] = float(risk.known)
        if risk.since is not None:
            found[f"{entity}_last_fraud_days"] = risk.since / DAY_SECONDS
    return found


def _rates(
    entity: str, faded: Iterable[tuple[float, float]], usual: Iterable[float]
) -> dict[str, float]:
    return {
        pattern.format(entity): share(frauds, total, prior, SMOOTHING)
        for pattern, (frauds, total), prior in zip(_PATTERNS, faded, usual, strict=True)
    }


def settled_share(settled: float, frauds: float) -> float:
    """Known frauds among settled transactions; early reports make it certain, never more."""
    return frauds / max(settled, frauds)


def share(frauds: float, total: float, prior: float, weight: float) -> float:
    """Frauds among transactions, both faded by age, drawn towards `prior` (additive smoothing)."""
    return min(1.0, max(0.0, (frauds + prior * weight) / (total + weight)))
