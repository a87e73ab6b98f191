"""Gather: one SELECT that reads all that a decision needs from the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from psycopg2 import Binary

# One statement instead of five, because a round trip costs more than the five index look-ups.
# Hashes are compared with those of every key in use, so that a key rotation loses nobody.
_SELECT = """
SELECT (SELECT ruleset_number FROM rules_publication WHERE id = 1),
  (SELECT id FROM transactions_customer WHERE institution_id = %s AND reference_hash = ANY(%s)
   ORDER BY id LIMIT 1),
  (SELECT id FROM transactions_device WHERE institution_id = %s AND reference_hash = ANY(%s)
   ORDER BY id LIMIT 1),
  (SELECT id FROM transactions_card WHERE institution_id = %s AND reference_hash = ANY(%s)
   ORDER BY id LIMIT 1),
  (SELECT transaction_id FROM transactions_transactionkey
   WHERE institution_id = %s AND kind = 't' AND key = %s),
  (SELECT transaction_id FROM transactions_transactionkey
   WHERE institution_id = %s AND kind = 'i' AND key = %s)
"""


@dataclass(frozen=True, slots=True)
class Question:
    """What to look up: hashes under every key in use, current first; empty where not given."""

    institution_id: int
    customer: Sequence[bytes]
    device: Sequence[bytes]
    card: Sequence[bytes]
    transaction_id: str | None
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found; None where nothing was."""

    ruleset_number: int | None
    customer_id: int | None
    device_id: int | None
    card_id: int | None
    stored_by_id: UUID | None  # the transaction that has this transaction_id already
    stored_by_key: UUID | None  # the one that came with this Idempotency-Key


def gather(question: Question) -> Gathered:
    """Answer in one query."""
    scope = question.institution_id
    with connection.cursor() as cursor:
        cursor.execute(
            _SELECT,
            [
                scope,
                _hashes(question.customer),
                scope,
                _hashes(question.device),
                scope,
                _hashes(question.card),
                scope,
                question.transaction_id,
                scope,
                question.idempotency_key,
            ],
        )
        return Gathered(*cursor.fetchone())


def _hashes(hashes: Sequence[bytes]) -> list[object]:
    return [Binary(value) for value in hashes]
