"""Gather: one SELECT that reads all that a decision needs from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2 import Binary

from foundation.prepared import fetch_one
from foundation.sql import Fragment
from intelligence import lookup
from intelligence.lookup import Listing, Wanted
from scoring.profiles import reading as profiles
from scoring.profiles.reading import FoundCustomer

# One statement, because a round trip costs more than an index look-up; parts that a request does
# not need are left out, because each costs the planner some 25 microseconds.
_RULESET = "(SELECT ruleset_number FROM rules_publication WHERE id = 1)"
_SWITCH = "(SELECT switches ->> %s::text FROM rules_publication WHERE id = 1)"
_MODELS = "(SELECT revision FROM scoring_modelregistry WHERE id = 1)"
# Number and first sighting in one value: as two sub-selects each table would be looked into twice.
_IDENTITY = """(SELECT int8send(id) || float8send(extract(epoch FROM first_seen_at)::float8)
FROM transactions_{kind} WHERE institution_id = %s AND reference_hash IN ({hashes}){first})"""
_FIRST = " ORDER BY id LIMIT 1"
_SIGHTED = Struct(">qd")
_KEY = (
    "(SELECT transaction_id FROM transactions_transactionkey "
    "WHERE institution_id = %s AND kind = '{kind}' AND key = %s)"
)
_NOTHING = "NULL"


@dataclass(frozen=True, slots=True)
class Question:
    """What to look up: hashes under every key in use, current first; empty where not given."""

    institution_id: int
    vertical: str
    customer: Sequence[bytes]
    device: Sequence[bytes]
    card: Sequence[bytes]
    wanted: Wanted
    transaction_id: str | None
    idempotency_key: str | None


class Sighted(NamedTuple):
    """A known device's or card's row id, and when it first took part, in epoch seconds."""

    id: int
    first_at: float


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found; None where nothing was."""

    ruleset_number: int | None
    switch: str | None  # what Publication says of the vertical's switch, as JSON
    models_revision: int | None  # None where no model was ever put in use
    customer: FoundCustomer | None
    device: Sighted | None
    card: Sighted | None
    stored_by_id: UUID | None  # the transaction that has this transaction_id already
    stored_by_key: UUID | None  # the one that came with this Idempotency-Key
    listings: tuple[Listing, ...]  # entries of lists, in force, that name any identifier

    @property
    def customer_id(self) -> int | None:
        return None if self.customer is None else self.customer.id

    @property
    def device_id(self) -> int | None:
        return None if self.device is None else self.device.id

    @property
    def card_id(self) -> int | None:
        return None if self.card is None else self.card.id


def gather(question: Question) -> Gathered:
    """Answer in one query."""
    scope = question.institution_id
    params: list[Any] = [question.vertical]
    parts = (
        _RULESET,
        _SWITCH,
        _MODELS,
        profiles.select(question.customer, scope, params),
        _identity("device", question.device, scope, params),
        _identity("card", question.card, scope, params),
        _key("t", question.transaction_id, scope, params),
        _key("i", question.idempotency_key, scope, params),
        lookup.select(question.wanted, scope, params),
    )
    row = fetch_one(Fragment(f"SELECT {', '.join(parts)}", params))
    assert row is not None  # noqa: S101  a SELECT of expressions has one row
    ruleset, switch, models, customer, device, card, by_id, by_key, listings = row
    return Gathered(
        ruleset,
        switch,
        models,
        profiles.found_customer(customer),
        _sighted(device),
        _sighted(card),
        by_id,
        by_key,
        lookup.read(listings, question.wanted),
    )


def look_up(texts: Mapping[str, str], institution_id: int) -> tuple[Listing, ...]:
    """Entries of lists that name one of these texts, by feature. One query."""
    asked = lookup.wanted(hashes={}, texts=texts)
    params: list[Any] = []
    row = fetch_one(Fragment(f"SELECT {lookup.select(asked, institution_id, params)}", params))
    return lookup.read(row[0] if row else None, asked)


def _identity(kind: str, hashes: Sequence[bytes], scope: int, params: list[Any]) -> str:
    """Compares with the hash under every key in use, so that a key rotation loses nobody."""
    if not hashes:
        return _NOTHING
    params += [scope, *map(Binary, hashes)]
    marks = ", ".join(["%s"] * len(hashes))
    return _IDENTITY.format(kind=kind, hashes=marks, first=_FIRST if len(hashes) > 1 else "")


def _sighted(column: memoryview | bytes | None) -> Sighted | None:
    return None if column is None else Sighted(*_SIGHTED.unpack(column))


def _key(kind: str, key: str | None, scope: int, params: list[Any]) -> str:
    if key is None:
        return _NOTHING
    params += [scope, key]
    return _KEY.format(kind=kind)
