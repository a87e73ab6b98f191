"""What we know ourselves of a transaction, by feature, before its features are computed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from features.computations.times import SECONDS_PER_DAY
from features.framework import Value
from features.windows.happening import is_high
from foundation.redis_scripts import RedisUnavailableError
from intelligence.lookup import features_found
from intelligence.rates import current_rates
from scoring import metrics
from scoring.gather import Gathered
from scoring.prepare import Prepared
from scoring.profiles.features import PLACES_OF_ITS_OWN, Asked
from scoring.profiles.reading import features_of
from scoring.state.counters import Reading
from scoring.state.opening import record
from scoring.state.recording import PLACES, recording_of
from scoring.state.risks import features_of_risks
from scoring.state.script import SCRIPT

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`features` by name; `degraded` names the parts that did not answer. `late`: the event was too
    old to be counted, so nothing is known of the windows before it. `recorded_as` is the id by
    which the counters know it, where the stored request does not tell; `high` says that they count
    it among the customer's high amounts."""

    features: Mapping[str, Value] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    late: bool = False
    recorded_as: str = ""
    high: bool = False


def learn(prepared: Prepared, gathered: Gathered) -> Knowledge:
    """Record the transaction with the counters, and put together all that we know of it.

    Without Redis that is what the database holds, and the decision is marked.
    """
    base = prepared.client.base_currency
    rate = current_rates().into(prepared.currency, (base,), prepared.occurred_at).get(base)
    values = {**prepared.enriched, **prepared.request.supplied}
    found = {
        **prepared.enriched,
        **features_found(gathered.listings, prepared.texts),
        **_from_profile(prepared, gathered, rate, values),
        **_ages(prepared, gathered),
    }
    usual = {**found, **values}.get("avg_transaction_amount")
    high = is_high(prepared.request.amount, usual)
    recording = recording_of(prepared, high=high)
    question = prepared.question
    by_key = question.transaction_id is None and question.idempotency_key is not None
    recorded_as = recording.record_id.hex() if by_key else ""
    try:
        reading = record(recording)
    except RedisUnavailableError as error:
        logger.warning("counters unavailable: %s", error)
        metrics.DEGRADED.labels("counters").inc()
        return Knowledge(found, degraded=("counters",), recorded_as=recorded_as, high=high)
    found |= from_counters(reading, rate, values)
    return Knowledge(found, late=reading.late, recorded_as=recorded_as, high=high)


def _from_profile(
    prepared: Prepared, gathered: Gathered, rate: float | None, values: Mapping[str, Value]
) -> dict[str, Value]:
    request, hashes = prepared.request, prepared.every_hash
    offset = values.get("timezone_offset", request.utc_offset_minutes)
    if request.occurred_at is None:  # the time of receipt tells nothing of the customer's clock
        offset = None
    asked = Asked(
        occurred_at=prepared.occurred_at,
        amount=request.amount,
        rate=rate,
        offset_minutes=offset if isinstance(offset, float) else None,
        device_given="device_id" in hashes,
        device=gathered.device_id,
        merchant=hashes.get("merchant_id", ()),
        beneficiary=hashes.get("beneficiary_id", ()),
        values=values,
    )
    return features_of(None if gathered.customer is None else gathered.customer.profile, asked)


def _ages(prepared: Prepared, gathered: Gathered) -> dict[str, Value]:
    """In days; of what takes part for the first time nobody can say how old it is."""
    seen = {"device_age_days": gathered.device, "card_age_days": gathered.card}
    return {
        name: (prepared.occurred_at - one.first_at) / SECONDS_PER_DAY
        for name, one in seen.items()
        if one is not None and one.first_at <= prepared.occurred_at
    }


def from_counters(
    reading: Reading, rate: float | None, values: Mapping[str, Value]
) -> dict[str, Value]:
    """What the counters answer, by feature.

    `rate` is the transaction's currency for one unit of the institution's; without it amounts are
    missing. `values` are those known so far: where the client tells where the customer was last,
    ours would not fit the rest of it.
    """
    found: dict[str, Value] = {}
    for name, answer in reading.answers.items():
        if name not in SCRIPT.plan.sums:
            found[name] = answer
        elif rate is not None:
            found[name] = answer * rate
    _put_marks(found, reading.marks, values)
    found |= features_of_risks(reading.risks)
    return found


def _put_marks(
    found: dict[str, Value],
    marks: Mapping[str, tuple[float, ...]],
    values: Mapping[str, Value],
) -> None:
    if time := marks.get("time"):
        found["last_transaction_at"] = time[0]
    if network := marks.get("network"):
        found["last_asn_number"] = network[1]
    here = next((mark for mark, feature, _ in PLACES if feature in values), "")
    if (place := marks.get(here)) and PLACES_OF_ITS_OWN.isdisjoint(values):
        found["last_location_at"], found["last_latitude"], found["last_longitude"] = place
