"""Write: everything about a decision in one statement, which is one database transaction."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from foundation.crypto import hash_versions, keyed_hash, seal
from foundation.outbox import insert_fragment
from foundation.prepared import fetch_one
from foundation.sql import Fragment, with_statement
from scoring.decided import Decided
from scoring.events import DecisionMade
from scoring.gather import Gathered
from scoring.prepare import Prepared
from transactions.models import TransactionKey
from transactions.sealing import identity_context, seal_request
from transactions.writing import Identity, Key, NewTransaction, fragments

_encode_json = msgspec.json.Encoder().encode


def write(
    prepared: Prepared, gathered: Gathered, decided: Decided, event: DecisionMade, *, source: str
) -> None:
    """Store the transaction, its decision and the follow-up event: all or nothing.

    Raises IntegrityError on `transactions_transactionkey_pkey` when a concurrent request with the
    same key was stored first; this call has then waited for it and stored nothing.
    """
    parts = fragments(_new_transaction(prepared, gathered, source))
    parts.append(("stored_decision", _decision(decided)))
    statement = with_statement(parts, insert_fragment(event, str(prepared.id)))
    fetch_one(statement)


def _new_transaction(prepared: Prepared, gathered: Gathered, source: str) -> NewTransaction:
    request = prepared.request
    return NewTransaction(
        id=prepared.id,
        institution_id=prepared.client.institution_id,
        external_id=prepared.external_id,
        occurred_at=prepared.occurred,
        received_at=prepared.received_at,
        source=source,
        vertical=request.vertical,
        transaction_type=request.transaction_type or "",
        amount=Decimal(repr(request.amount)),
        currency=prepared.currency,
        customer=_identity(prepared, "customer", prepared.raw["user_id"], gathered.customer_id),
        device=_optional(prepared, "device", "device_id", gathered.device_id),
        card=_optional(prepared, "card", "card_token", gathered.card_id),
        email_hash=prepared.hashes.get("email"),
        phone_hash=prepared.hashes.get("phone"),
        ip_hash=prepared.hashes.get("ip_address"),
        hash_version=hash_versions()[0],
        sealed=seal_request(prepared.id, prepared.packed),
        keys=_keys(prepared),
        fingerprint=fingerprint(prepared.packed),
    )


def fingerprint(packed: bytes, version: int | None = None) -> bytes:
    """Keyed hash over the decoded request: what makes a repeat the same."""
    return keyed_hash(packed, purpose="fingerprint", version=version)


def _keys(prepared: Prepared) -> list[Key]:
    keys = [Key(TransactionKey.Kind.TRANSACTION, prepared.external_id)]
    if prepared.question.idempotency_key:
        keys.append(Key(TransactionKey.Kind.IDEMPOTENCY, prepared.question.idempotency_key))
    return keys


def _optional(
    prepared: Prepared, kind: str, identifier: str, known_id: int | None
) -> Identity | None:
    value = prepared.raw.get(identifier)
    return None if value is None else _identity(prepared, kind, value, known_id)


_HASH_OF = {"customer": "user_id", "device": "device_id", "card": "card_token"}


def _identity(prepared: Prepared, kind: str, value: str, known_id: int | None) -> Identity:
    reference_hash = prepared.hashes[_HASH_OF[kind]]
    if known_id is not None:  # nothing is sealed for somebody who is there
        return Identity(known_id, reference_hash)
    context = identity_context(kind, prepared.client.institution_id, reference_hash)
    supplied = prepared.request.supplied
    return Identity(
        None,
        reference_hash,
        seal(value.encode(), context=context),
        bin=str(supplied.get("card_bin") or ""),
        last_four=prepared.request.card_last_four or "",
    )


# How each column is sent. Arrays go as literals with a type: adapting 370 values one by one takes
# longer than all the rest, and an array of nothing but NULL has no type of its own.
_CASTS = {"numbers": "%s::float8[]", "texts": "%s::text[]", "degraded": "%s::varchar[]"}
_COLUMNS = Decided.__struct_fields__
_MARKS = ", ".join(_CASTS.get(name, "%s") for name in _COLUMNS)
_INSERT = f"INSERT INTO scoring_decision ({', '.join(_COLUMNS)}) VALUES ({_MARKS})"  # noqa: S608


def _decision(decided: Decided) -> Fragment:
    values = msgspec.structs.asdict(decided)
    for name in ("hits", "shadow_hits", "inputs"):
        values[name] = _encode_json(values[name]).decode()
    values["numbers"] = number_array(decided.numbers)
    values["texts"] = text_array(decided.texts)
    return Fragment(_INSERT, list(values.values()))


def number_array(numbers: Sequence[float | None]) -> str:
    """
    >>> number_array([1.5, None, -2e-05])
    '{1.5, NULL, -2e-05}'
    """
    # Python writes a list of floats as PostgreSQL reads one, but for the brackets and the nulls.
    return "{" + str(numbers)[1:-1].replace("None", "NULL") + "}"


def text_array(texts: Sequence[str | None]) -> str:
    r"""
    >>> print(text_array(["plain", None, 'a "quoted" \\ text', ""]))
    {"plain",NULL,"a \"quoted\" \\ text",""}
    """
    return "{" + ",".join(["NULL" if t is None else _quoted(t) for t in texts]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
