"""Stored transactions as the counters are told of them, after the decision."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from clients.models import Institution
from foundation.crypto import TamperedValue, UnknownKeyVersion
from intelligence.enrichment import enrich
from scoring.inputs import TransactionInput
from scoring.models import Decision
from scoring.prepare import hashes_of
from scoring.state.counters import Recording
from scoring.state.recording import make_recording, record_id
from transactions.models import Transaction
from transactions.sealing import open_request

logger = logging.getLogger(__name__)


class Stored(NamedTuple):
    """One stored transaction. `status` is that of its decision; `late`: it was too old to be
    counted, and so is its outcome."""

    id: UUID
    recording: Recording
    status: str
    late: bool


def stored_recordings(ids: Sequence[UUID]) -> Iterator[Stored]:
    """What the counters were told of these transactions, or should have been, in order of arrival.

    Three queries, and each request is opened; one that does not open is logged and left out.
    """
    rows = list(Transaction.objects.filter(pk__in=ids).order_by("pk").only(*_COLUMNS))
    decided = Decision.objects.filter(pk__in=ids).values_list(
        "pk", "status", "inputs__recorded_as", "inputs__late", "inputs__high"
    )
    outcomes = {pk: rest for pk, *rest in decided}
    currencies = _base_currencies({row.institution_id for row in rows})
    for row in rows:
        status, recorded_as, late, high = outcomes[row.pk]
        try:
            recording = _recording(row, recorded_as, currencies, high=bool(high))
        except (UnknownKeyVersion, TamperedValue) as error:  # one row must not stop all others
            logger.error("transaction %s does not open: %s", row.pk, type(error).__name__)
            continue
        yield Stored(row.pk, recording, status, bool(late))


_COLUMNS = ("id", "institution_id", "occurred_at", "currency", "sealed")


def _base_currencies(institutions: Iterable[int]) -> dict[int, str]:
    rows = Institution.objects.filter(pk__in=list(institutions))
    return dict(rows.values_list("pk", "base_currency"))


def _recording(
    row: Transaction, recorded_as: str | None, currencies: dict[int, str], *, high: bool
) -> Recording:
    request = msgspec.convert(open_request(row), TransactionInput)
    raw = {**request.identifiers, "user_id": request.user_id}
    known_as = bytes.fromhex(recorded_as) if recorded_as else None
    return make_recording(
        institution_id=row.institution_id,
        base_currency=currencies[row.institution_id],
        record_id=known_as or record_id(row.pk, request.transaction_id, None, request.packed()),
        request=request,
        currency=row.currency,
        occurred_at=row.occurred_at.timestamp(),
        hashes=hashes_of(raw),
        enriched=enrich(raw, request.supplied),
        high=high,
    )
