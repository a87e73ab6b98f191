"""A repeated request: the decision that is stored for it."""

import logging
from typing import Any

import msgspec

from foundation.crypto import TamperedValue, UnknownKeyVersion
from foundation.errors import Conflict, Unavailable
from scoring import metrics
from scoring.answers import Answer, answer_of
from scoring.inputs import TransactionInput
from scoring.prepare import Prepared
from scoring.store import fingerprint
from transactions.models import TransactionKey
from transactions.sealing import open_request

logger = logging.getLogger(__name__)


def repeat(prepared: Prepared) -> Answer:
    """The stored decision of a repeated request; Conflict when its fields differ. One query."""
    question = prepared.question
    wanted = {
        (TransactionKey.Kind.TRANSACTION, question.transaction_id),
        (TransactionKey.Kind.IDEMPOTENCY, question.idempotency_key),
    }
    rows = TransactionKey.objects.filter(
        institution_id=question.institution_id,
        kind__in=TransactionKey.Kind.values,
        key__in=[key for _, key in wanted if key],
    ).select_related("transaction__decision")
    found = [row for row in rows if (row.kind, row.key) in wanted]
    for row in found:
        if not _is_repeat(prepared.request, row):
            raise Conflict(_conflict(row))
    if len({row.transaction_id for row in found}) != 1:
        raise Conflict("transaction_id and Idempotency-Key belong to different transactions.")
    stored = found[0].transaction
    metrics.REPLAYED.inc()
    return answer_of(stored.decision, stored.external_id, replayed=True)


def _is_repeat(request: TransactionInput, row: TransactionKey) -> bool:
    """Whether the request says what the first one under this key said.

    A key version may have been taken out since. What was sealed has moved to the current one, and
    tells the same at the price of decrypting it.
    """
    try:
        return fingerprint(request.packed(), row.hash_version) == bytes(row.fingerprint)
    except UnknownKeyVersion:
        stored = msgspec.convert(_opened(row), TransactionInput)
        return stored.packed() == request.packed()


def _opened(row: TransactionKey) -> dict[str, Any]:
    try:
        return open_request(row.transaction)
    except (UnknownKeyVersion, TamperedValue) as error:
        logger.error("transaction %s does not open: %s", row.transaction_id, type(error).__name__)
        raise Unavailable("The first request of this ID cannot be read back here.") from error


def _conflict(row: TransactionKey) -> str:
    what = "transaction_id" if row.kind == TransactionKey.Kind.TRANSACTION else "Idempotency-Key"
    return (
        f"This {what} was used before with other fields; "
        "a repeat must be the same request, a new transaction needs a new one."
    )
