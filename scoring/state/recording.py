"""What the counters are told of a transaction: the same for a live one and for a stored one."""

import hashlib
from collections.abc import Mapping

from features.framework import Value
from features.identifiers import PURPOSES
from features.windows.happening import ENTITY_BYTES, Happening, happening
from foundation.crypto import keyed_hash
from intelligence.rates import current_rates
from scoring.prepare import Prepared
from scoring.state.counters import Recording

_PARTIES: Mapping[str, str] = {
    "customer": "user_id",
    "card": "card_token",
    "device": "device_id",
    "ip": "ip_address",
    "email": "email",
    "phone": "phone",
    "merchant": "merchant_id",
    "beneficiary": "beneficiary_id",
    "seller": "seller_id",
    "agent": "agent_id",
}
_LONGEST_NAME = 200


def recording_of(prepared: Prepared, known: Mapping[str, Value]) -> Recording:
    """`known` are the supplied values and those that we found before the counters were asked."""
    return Recording(
        institution_id=prepared.client.institution_id,
        record_id=_record_id(prepared),
        happening=_happening(prepared, known),
        marks=_marks(known),
    )


def _record_id(prepared: Prepared) -> bytes:
    """Equal for repeats: of the client's own key where there is one."""
    question = prepared.question
    if question.transaction_id is not None:
        key = "t" + question.transaction_id
    elif question.idempotency_key is not None:
        key = "i" + question.idempotency_key
    else:
        return prepared.id.bytes
    return hashlib.blake2b(key.encode(), digest_size=12).digest()


def _happening(prepared: Prepared, known: Mapping[str, Value]) -> Happening:
    request, hashes = prepared.request, prepared.hashes
    parties = {party: hashes[name] for party, name in _PARTIES.items() if name in hashes}
    if "merchant" not in parties:
        named = _named_merchant(request.extras.get("merchant_name"))
        if named is not None:
            parties["merchant"] = named
    if "seller" not in parties and request.vertical == "marketplace" and "merchant" in parties:
        parties["seller"] = parties["merchant"]
    base = prepared.client.base_currency
    rates = current_rates().into(prepared.currency, (base, "USD"), prepared.occurred_at)
    country = known.get("country") or known.get("ip_country")
    event = happening(
        occurred_at=prepared.occurred_at,
        amount=request.amount,
        amount_in_base=_worth(request.amount, rates.get(base)),
        amount_in_usd=_worth(request.amount, rates.get("USD")),
        transaction_type=request.transaction_type,
        parties=parties,
        country=country if isinstance(country, str) else None,
    )
    entities = {**event.entities, "institution": b""}
    card_bin = known.get("card_bin")
    if isinstance(card_bin, str):
        entities["bin"] = card_bin.encode()
    return Happening(event.occurred_at, event.amount, event.flags, entities, event.members)


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
    latitude = known.get("latitude", known.get("ip_latitude"))
    longitude = known.get("longitude", known.get("ip_longitude"))
    if isinstance(latitude, float) and isinstance(longitude, float):
        marks["place"] = (latitude, longitude)
    network = known.get("asn_number")
    if isinstance(network, float):
        marks["network"] = (network,)
    return marks
