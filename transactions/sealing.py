"""How transactions and identities are sealed: what is inside and which row they belong to."""

from typing import Any
from uuid import UUID

import msgspec

from foundation.crypto import seal, unseal
from transactions.models import Identified, Transaction

_NOTHING: dict[str, Any] = {"identifiers": {}, "supplied": {}, "extras": {}}  # left out when empty


def identity_context(kind: str, institution_id: int, reference_hash: bytes) -> bytes:
    """Ties a sealed reference to its row, which has no number yet when it is sealed."""
    return f"transactions.{kind}:{institution_id}:{reference_hash.hex()}".encode()


def transaction_context(transaction_id: UUID) -> bytes:
    return f"transactions.transaction:{transaction_id}".encode()


def seal_request(transaction_id: UUID, packed: bytes) -> bytes:
    """All of a request (a msgpack map), sealed for its transaction row."""
    return seal(packed, context=transaction_context(transaction_id))


def open_request(transaction: Transaction) -> dict[str, Any]:
    """The request as it was received: {identifiers, supplied, extras, ...}. Holds personal data."""
    plain = unseal(transaction.sealed, context=transaction_context(transaction.pk))
    return {**_NOTHING, **msgspec.msgpack.decode(plain)}


def open_reference(identity: Identified) -> str:
    """The identifier of a customer, device or card in clear."""
    kind = identity._meta.model_name or ""
    context = identity_context(kind, identity.institution_id, bytes(identity.reference_hash))
    return unseal(identity.reference_sealed, context=context).decode()
