"""Prepare: what a request says, checked against the clock and hashed for look-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from clients.authentication import Client
from features.framework import Value
from features.identifiers import PURPOSES
from foundation.crypto import hash_versions, keyed_hash, keyed_hashes
from foundation.errors import BadRequest, FieldError
from foundation.ids import uuid7
from intelligence.enrichment import enrich, texts_to_look_up
from intelligence.lookup import wanted
from scoring.gather import Question
from scoring.inputs import TransactionInput

CLOCK_TOLERANCE_SECONDS = 300.0
"""How far ahead of our clock an event may lie (design: more than 5 minutes is refused)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with all that is derived from it alone."""

    id: UUID
    client: Client
    request: TransactionInput
    external_id: str
    occurred_at: float  # epoch seconds
    received_at: datetime
    currency: str
    raw: Mapping[str, str]  # identifier feature -> value in normal form; personal data
    packed: bytes  # the request in canonical form: what is sealed and fingerprinted
    hashes: Mapping[str, bytes]  # identifier feature -> hash under the current key
    every_hash: Mapping[str, Sequence[bytes]]  # the same under each key in use, current first
    enriched: Mapping[str, Value]  # what the identifiers tell by themselves, by feature
    texts: Mapping[str, str]  # looked up in the lists, by feature
    question: Question

    @property
    def occurred(self) -> datetime:
        return datetime.fromtimestamp(self.occurred_at, UTC)


def prepare(
    client: Client, request: TransactionInput, *, idempotency_key: str | None, received_at: datetime
) -> Prepared:
    """Raises BadRequest for an event from the future."""
    received = received_at.timestamp()
    occurred_at = received if request.occurred_at is None else request.occurred_at
    if occurred_at > received + CLOCK_TOLERANCE_SECONDS:
        message = "lies more than 5 minutes ahead of the clock"
        raise BadRequest(
            f"occurred_at {message}.", errors=[FieldError("occurred_at", message, "future")]
        )
    raw = {**request.identifiers, "user_id": request.user_id}
    hashes = hashes_of(raw)
    every_hash = {name: _every_hash(name, raw, digest) for name, digest in hashes.items()}
    enriched = enrich(raw, request.supplied)
    texts = texts_to_look_up(raw, request.supplied, enriched)
    transaction_id = uuid7()
    return Prepared(
        id=transaction_id,
        client=client,
        request=request,
        external_id=request.transaction_id or str(transaction_id),
        occurred_at=occurred_at,
        received_at=received_at,
        currency=request.currency or client.base_currency,
        raw=raw,
        packed=request.packed(),
        hashes=hashes,
        every_hash=every_hash,
        enriched=enriched,
        texts=texts,
        question=Question(
            institution_id=client.institution_id,
            vertical=request.vertical,
            customer=every_hash["user_id"],
            device=every_hash.get("device_id", ()),
            card=every_hash.get("card_token", ()),
            wanted=wanted(hashes=every_hash, texts=texts),
            transaction_id=request.transaction_id,
            idempotency_key=idempotency_key,
        ),
    )


def hashes_of(raw: Mapping[str, str]) -> dict[str, bytes]:
    """The keyed hash of each identifier, by feature, under the current key."""
    return {name: keyed_hash(value, purpose=PURPOSES[name]) for name, value in raw.items()}


def _every_hash(name: str, raw: Mapping[str, str], current: bytes) -> Sequence[bytes]:
    """The identifier's hash under each key in use, current first."""
    if len(hash_versions()) == 1:
        return (current,)
    return keyed_hashes(raw[name], PURPOSES[name])
