"""What we know ourselves of a transaction, by feature, before its features are computed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from features.framework import Value
from intelligence.rates import current_rates
from scoring import metrics
from scoring.gather import Gathered
from scoring.prepare import Prepared
from scoring.state.counters import Reading, Risk
from scoring.state.errors import StateUnavailableError
from scoring.state.opening import record
from scoring.state.recording import recording_of
from scoring.state.script import SCRIPT

logger = logging.getLogger(__name__)

SMOOTHING: Final = 20.0
"""An entity's share of frauds starts at its institution's, which weighs as much as so many of the
entity's own transactions: enough that one fraud among three transactions is no rate of a third."""

_USUAL_RATE: Final = 0.005
_USUAL_WEIGHT: Final = 200.0
"""What an institution's own share starts at, until some hundreds of transactions speak for it."""

_RATES: Final[Mapping[str, str]] = {
    "merchant": "merchant_fraud_rate",
    "device": "device_fraud_rate",
    "ip": "ip_fraud_rate",
    "beneficiary": "beneficiary_fraud_rate",
    "bin": "bin_fraud_rate",
}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`features` by name; `degraded` names the parts that did not answer. `late`: the event was too
    old to be counted, so nothing is known of the windows before it."""

    features: Mapping[str, Value] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    late: bool = False


def learn(prepared: Prepared, gathered: Gathered) -> Knowledge:
    """Record the transaction with the counters, and put together all that we know of it.

    Without Redis that is what the database holds, and the decision is marked.
    """
    found = dict(prepared.enriched)
    rate = current_rates().into(
        prepared.currency, (prepared.client.base_currency,), prepared.occurred_at
    )
    try:
        reading = record(recording_of(prepared))
    except StateUnavailableError as error:
        logger.warning("counters unavailable: %s", error)
        metrics.DEGRADED.labels("counters").inc()
        return Knowledge(found, degraded=("counters",))
    counted = from_counters(reading, rate_from_base=rate.get(prepared.client.base_currency))
    return Knowledge({**found, **counted}, late=reading.late)


def from_counters(reading: Reading, *, rate_from_base: float | None) -> dict[str, Value]:
    """`rate_from_base`: units of the transaction's currency for one of the institution's.

    Without it amounts are missing.
    """
    found: dict[str, Value] = {}
    for name, answer in reading.answers.items():
        if name not in SCRIPT.plan.sums:
            found[name] = answer
        elif rate_from_base is not None:
            found[name] = answer * rate_from_base
    _put_marks(found, reading.marks)
    _put_risks(found, reading.risks)
    return found


def _put_marks(found: dict[str, Value], marks: Mapping[str, tuple[float, ...]]) -> None:
    if time := marks.get("time"):
        found["last_transaction_at"] = time[0]
    if place := marks.get("place"):
        found["last_location_at"], found["last_latitude"], found["last_longitude"] = place
    if network := marks.get("network"):
        found["last_asn_number"] = network[1]


def _put_risks(found: dict[str, Value], risks: Mapping[str, Risk]) -> None:
    usual = _share(risks.get("institution"), _USUAL_RATE, _USUAL_WEIGHT)
    for entity, name in _RATES.items():
        if entity in risks:
            found[name] = _share(risks[entity], usual, SMOOTHING)
    if "customer" in risks:
        found["previous_fraud_count"] = float(risks["customer"].known)


def _share(risk: Risk | None, prior: float, weight: float) -> float:
    """Frauds among transactions, both faded by age, drawn towards `prior` (additive smoothing)."""
    if risk is None:
        return prior
    return min(1.0, max(0.0, (risk.frauds + prior * weight) / (risk.total + weight)))
