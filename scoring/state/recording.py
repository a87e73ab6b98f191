"""What the counters are told of a transaction: the same for a live one and for a stored one."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from features.framework import Value
from features.identifiers import PURPOSES
from features.windows.happening import ENTITY_BYTES, happening
from foundation.crypto import keyed_hash
from intelligence.rates import current_rates
from scoring.inputs import TransactionInput
from scoring.prepare import Prepared
from scoring.state.counters import Recording

PARTIES: Mapping[str, str] = {
    "customer": "user_id",
    "card": "card_token",
    "device": "device_id",
    "ip": "ip_address",
    "email": "email",
    "phone": "phone",
    "address": "registered_address",
    "merchant": "merchant_id",
    "beneficiary": "beneficiary_id",
    "seller": "seller_id",
    "agent": "agent_id",
}
"""Who takes part, each with the identifier that tells them apart."""

_LONGEST_NAME = 200
_LONGEST_KEY = hashlib.blake2b.MAX_KEY_SIZE

PLACES = (
    ("place", "latitude", "longitude"),
    ("address_place", "ip_latitude", "ip_longitude"),
)
"""Marks of places, with the features that they remember. The first that is known counts."""


def recording_of(prepared: Prepared, *, high: bool) -> Recording:
    """What the counters are told of a request that is being decided; `high`: its amount is."""
    question = prepared.question
    return make_recording(
        institution_id=prepared.client.institution_id,
        base_currency=prepared.client.base_currency,
        record_id=record_id(
            prepared.id, question.transaction_id, question.idempotency_key, prepared.packed
        ),
        request=prepared.request,
        currency=prepared.currency,
        occurred_at=prepared.occurred_at,
        hashes=prepared.hashes,
        enriched=prepared.enriched,
        high=high,
    )


def record_id(
    transaction: UUID, transaction_id: str | None, idempotency_key: str | None, packed: bytes
) -> bytes:
    """What a transaction and its repeats have in common: the client's own key where it has one, and
    all that the request says. Another request under the same key is no repeat."""
    if transaction_id is not None:
        key = "t" + transaction_id
    elif idempotency_key is not None:
        key = "i" + idempotency_key
    else:
        return transaction.bytes
    return hashlib.blake2b(packed, key=key.encode()[:_LONGEST_KEY], digest_size=12).digest()


def make_recording(
    *,
    institution_id: int,
    base_currency: str,
    record_id: bytes,
    request: TransactionInput,
    currency: str,
    occurred_at: float,
    hashes: Mapping[str, bytes],
    enriched: Mapping[str, Value],
    high: bool,
) -> Recording:
    """`hashes` by identifier feature under the current key; `enriched` as `enrich` gives it."""
    known = {**enriched, **request.supplied}
    rates = current_rates().into(currency, (base_currency, "USD"), occurred_at)
    country = known.get("country") or known.get("ip_country")
    event = happening(
        occurred_at=occurred_at,
        amount=request.amount,
        amount_in_base=_worth(request.amount, rates.get(base_currency)),
        amount_in_usd=_worth(request.amount, rates.get("USD")),
        transaction_type=request.transaction_type,
        parties=_parties(request, hashes),
        country=country if isinstance(country, str) else None,
        high=high,
    )
    entities = {**event.entities, "institution": b""}
    card_bin = known.get("card_bin")
    if isinstance(card_bin, str):
        entities["bin"] = hashlib.blake2b(card_bin.encode(), digest_size=ENTITY_BYTES).digest()
    return Recording(institution_id, record_id, replace(event, entities=entities), _marks(known))


def _parties(request: TransactionInput, hashes: Mapping[str, bytes]) -> dict[str, bytes]:
    parties = {party: hashes[name] for party, name in PARTIES.items() if name in hashes}
    if "merchant" not in parties:
        named = _named_merchant(request.extras.get("merchant_name"))
        if named is not None:
            parties["merchant"] = named
    if "seller" not in parties and request.vertical == "marketplace" and "merchant" in parties:
        parties["seller"] = parties["merchant"]
    return parties


def _named_merchant(name: object) -> bytes | None:
    """A merchant that the client gives no number for is known by its name."""
    if not isinstance(name, str) or not name.strip():
        return None
    plain = " ".join(name.split()).casefold()[:_LONGEST_NAME]
    return keyed_hash("name:" + plain, purpose=PURPOSES["merchant_id"])[:ENTITY_BYTES]


def _worth(amount: float, rate: float | None) -> float | None:
    return None if not rate else amount / rate


def _marks(known: Mapping[str, Value]) -> dict[str, tuple[float, ...]]:
    marks: dict[str, tuple[float, ...]] = {"time": ()}
    for mark, first, second in PLACES:
        place = (known.get(first), known.get(second))
        if isinstance(place[0], float) and isinstance(place[1], float):
            marks[mark] = place  # type: ignore[assignment]
    network = known.get("asn_number")
    if isinstance(network, float):
        marks["network"] = (network,)
    return marks
