"""The hot path's share of one SQL statement: new identities, the transaction and its keys.

Scoring joins these parts with its own into a single statement, so that one round trip is one
atomic database transaction and nothing can be half stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg2 import Binary

from foundation.sql import Fragment


@dataclass(frozen=True, slots=True)
class Identity:
    """A customer, device or card of a request: its row if it is known, what to store if not."""

    known_id: int | None
    reference_hash: bytes
    sealed: bytes = b""  # only needed when new
    bin: str = ""
    last_four: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    kind: str  # TransactionKey.Kind
    key: str


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """One row of `Transaction` with what hangs on it."""

    id: UUID
    institution_id: int
    external_id: str
    occurred_at: datetime
    received_at: datetime
    source: str
    vertical: str
    transaction_type: str
    amount: Decimal
    currency: str
    customer: Identity
    device: Identity | None
    card: Identity | None
    email_hash: bytes | None
    phone_hash: bytes | None
    ip_hash: bytes | None
    hash_version: int
    sealed: bytes
    keys: Sequence[Key]
    fingerprint: bytes


def fragments(new: NewTransaction) -> list[tuple[str, Fragment]]:
    """Named parts for a WITH clause. A key that exists raises IntegrityError for the whole.

    Two requests that bring the same new customer at once both get its id: the second's insert
    waits for the first and then returns the row that is there.
    """
    named = [("customer", new.customer), ("device", new.device), ("card", new.card)]
    parts = [
        (name, _identity(name, identity, new))
        for name, identity in named
        if identity is not None and identity.known_id is None
    ]
    parts.append(("stored_transaction", _transaction(new)))
    parts += [(f"stored_key_{key.kind}", _key(key, new)) for key in new.keys]
    return parts


def _identity(name: str, identity: Identity, new: NewTransaction) -> Fragment:
    columns = "institution_id, reference_hash, reference_sealed, hash_version, first_seen_at"
    values = [
        new.institution_id,
        Binary(identity.reference_hash),
        Binary(identity.sealed),
        new.hash_version,
        new.occurred_at,
    ]
    if name == "card":
        columns += ", bin, last_four"
        values += [identity.bin, identity.last_four]
    return Fragment(
        f"INSERT INTO transactions_{name} ({columns}) VALUES ({_marks(values)}) "  # noqa: S608  names are ours
        "ON CONFLICT (institution_id, reference_hash) "
        "DO UPDATE SET hash_version = EXCLUDED.hash_version RETURNING id",
        values,
    )


def _transaction(new: NewTransaction) -> Fragment:
    references = [_reference("customer", new.customer), _reference("device", new.device)]
    references.append(_reference("card", new.card))
    values: list[object] = [
        new.id,
        new.institution_id,
        new.external_id,
        new.occurred_at,
        new.received_at,
        new.source,
        new.vertical,
        new.transaction_type,
        new.amount,
        new.currency,
        _binary(new.email_hash),
        _binary(new.phone_hash),
        _binary(new.ip_hash),
        new.hash_version,
        Binary(new.sealed),
    ]
    params = [*values, *(value for reference in references for value in reference.params)]
    return Fragment(
        "INSERT INTO transactions_transaction (id, institution_id, external_id, occurred_at, "  # noqa: S608
        "received_at, source, vertical, transaction_type, amount, currency, email_hash, "
        "phone_hash, ip_hash, hash_version, sealed, customer_id, device_id, card_id) "
        f"VALUES ({_marks(values)}, {', '.join(reference.sql for reference in references)})",
        params,
    )


def _reference(name: str, identity: Identity | None) -> Fragment:
    if identity is not None and identity.known_id is None:
        return Fragment(f"(SELECT id FROM {name})", [])  # noqa: S608  a CTE of the same statement
    return Fragment("%s", [identity.known_id if identity else None])


def _key(key: Key, new: NewTransaction) -> Fragment:
    values = [
        new.institution_id,
        key.kind,
        key.key,
        new.id,
        Binary(new.fingerprint),
        new.hash_version,
    ]
    return Fragment(
        "INSERT INTO transactions_transactionkey (institution_id, kind, key, transaction_id, "  # noqa: S608
        f"fingerprint, hash_version) VALUES ({_marks(values)})",
        values,
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _binary(value: bytes | None) -> object:
    return None if value is None else Binary(value)
