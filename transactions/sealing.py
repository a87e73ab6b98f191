"""How transactions and identities are sealed: what is inside and which row they belong to."""

from typing import Any
from uuid import UUID

import msgspec

from foundation.crypto import seal, unseal
from transactions.models import Identified, Transaction


def identity_context(kind: str, institution_id: int, reference_hash: bytes) -> bytes:
    """Ties a sealed reference to its row, which has no number yet when it is sealed."""
    return f"transactions.{kind}:{institution_id}:{reference_hash.hex()}".encode()


def transaction_context(transaction_id: UUID) -> bytes:
    return f"transactions.transaction:{transaction_id}".encode()


def seal_request(transaction_id: UUID, content: dict[str, Any]) -> bytes:
    """All of a request, sealed for its transaction row."""
    return seal(msgspec.msgpack.encode(content), context=transaction_context(transaction_id))


def open_request(transaction: Transaction) -> dict[str, Any]:
    """The request as it was received: {identifiers, supplied, extras, ...}. Holds personal data."""
    plain = unseal(transaction.sealed, context=transaction_context(transaction.pk))
    content: dict[str, Any] = msgspec.msgpack.decode(plain)
    return content


def open_reference(identity: Identified) -> str:
    """The identifier of a customer, device or card in clear."""
    kind = identity._meta.model_name or ""
    context = identity_context(kind, identity.institution_id, bytes(identity.reference_hash))
    return unseal(identity.reference_sealed, context=context).decode()
