"""Writing links: each decided transaction is folded in once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from psycopg2 import Binary

from cases.models import Link
from features.identifiers import PURPOSES, normal_form
from foundation.crypto import keyed_hash
from transactions.models import Transaction
from transactions.presenting import readable_request

ID_BYTES: Final = 8

# In one order, so that two workers who write the same pairs never wait for each other for ever.
_ADD = """
INSERT INTO cases_link AS held (institution_id, customer_id, kind, value, transaction_id,
    transactions, first_at, last_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bytea[], %s::uuid[], %s::int[],
    %s::timestamptz[], %s::timestamptz[]) AS fresh (institution, customer, kind, value, newest,
    times, first_at, last_at)
ORDER BY customer, kind, value
ON CONFLICT (customer_id, kind, value) DO UPDATE SET
    transaction_id = greatest(held.transaction_id, EXCLUDED.transaction_id),
    transactions = held.transactions + EXCLUDED.transactions,
    first_at = least(held.first_at, EXCLUDED.first_at),
    last_at = greatest(held.last_at, EXCLUDED.last_at)
"""
_HASHED: Final = {"email_hash": "email", "phone_hash": "phone", "ip_hash": "ip"}
_SEALED: Final = {"beneficiary_id": "beneficiary", "merchant_id": "merchant"}
Thing = tuple[str, bytes]  # kind and value, as in Link


@dataclass(slots=True)
class _Use:
    institution: int
    newest: UUID
    first_at: datetime
    last_at: datetime
    times: int = 0


def note_links(transactions: Sequence[UUID]) -> None:
    """Fold these transactions in, each to be told once. Two queries, whatever their number."""
    add_links(Transaction.objects.filter(pk__in=transactions).iterator(chunk_size=1_000))


def add_links(rows: Iterable[Transaction]) -> int:
    """Fold these rows in; the number of pairs touched. One query, none for nothing."""
    found: dict[tuple[int, Thing], _Use] = {}
    for row in rows:
        for thing in things_of(row):
            _count(found, row, thing)
    if not found:
        return 0
    columns: list[list[object]] = [[] for _ in range(8)]
    for (customer, (kind, value)), use in found.items():
        values = (
            use.institution,
            customer,
            kind,
            Binary(value),
            str(use.newest),
            use.times,
            use.first_at,
            use.last_at,
        )
        for column, one in zip(columns, values, strict=True):
            column.append(one)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, columns)
    return len(found)


def _count(found: dict[tuple[int, Thing], _Use], row: Transaction, thing: Thing) -> None:
    use = found.setdefault(
        (row.customer_id, thing),
        _Use(row.institution_id, row.pk, row.occurred_at, row.occurred_at),
    )
    use.times += 1
    use.newest = max(use.newest, row.pk)
    use.first_at = min(use.first_at, row.occurred_at)
    use.last_at = max(use.last_at, row.occurred_at)


def things_of(row: Transaction) -> Iterator[Thing]:
    """What took part in a transaction besides the customer.

    Payee and merchant stand in the sealed request alone: one that does not open has neither.
    """
    yield from columns_of(row)
    identifiers = readable_request(row).get("identifiers", {})
    for name, kind in _SEALED.items():
        form = normal_form(name, identifiers[name]) if identifiers.get(name) else None
        if form is not None:
            yield kind, keyed_hash(form, purpose=PURPOSES[name])


def columns_of(row: Transaction) -> Iterator[Thing]:
    """Those of them that the row itself names."""
    for kind, number in ((Link.Kind.DEVICE, row.device_id), (Link.Kind.CARD, row.card_id)):
        if number is not None:
            yield str(kind), number_value(number)
    for column, hashed in _HASHED.items():
        digest = getattr(row, column)
        if digest is not None:
            yield hashed, bytes(digest)


def number_value(number: int) -> bytes:
    """The value of a device or card, by the number of its row: that outlives a change of keys."""
    return number.to_bytes(ID_BYTES, "big")
