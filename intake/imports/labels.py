"""Labels of imported transactions.

They are stored as rows of their own with the time since when they are known, and reach no request,
no vector and no rule. No event tells of each: an import is history, and who learns from labels
reads the table.
"""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from foundation.errors import Unavailable
from foundation.redis_scripts import RedisUnavailableError
from intake.imports.errors import BadRow
from intake.imports.formats import ImportFormat, Truth
from intake.imports.rows import Row
from scoring.inputs import TransactionInput
from scoring.state.labels import tell_due_labels
from transactions.models import Label, TransactionKey


class Pending(NamedTuple):
    """A row that was read, before it is scored."""

    row: Row
    request: TransactionInput
    truth: Truth | None


def check_truth(truth: Truth | None, request: TransactionInput) -> None:
    """Raises BadRow for a label that would have been known before its transaction."""
    known_at = truth.known_at if truth else None
    if known_at is not None and known_at < (request.occurred_at or 0.0):
        raise BadRow("label_known_at", "lies before the transaction")


def store_labels(institution_id: int, stored: Sequence[Pending], delay: float) -> int:
    """Returns how many of these transactions have a label; one that is there stays as it is.

    In the caller's database transaction; three queries, none where there is no label. `delay` in
    seconds from event to label.
    """
    truths = {str(e.request.transaction_id): e for e in stored if e.truth is not None}
    if not truths:
        return 0
    ids = TransactionKey.objects.filter(
        institution_id=institution_id, kind=TransactionKey.Kind.TRANSACTION, key__in=list(truths)
    ).values_list("key", "transaction_id")
    labels = [_label(institution_id, pk, truths[key], delay) for key, pk in ids]
    # Looked up rather than left to the constraint, which would let a second start with another
    # delay label everything twice.
    there = set(
        Label.objects.filter(
            transaction_id__in=[label.transaction_id for label in labels],
            source=Label.Source.IMPORT,
        ).values_list("transaction_id", "is_fraud")
    )
    new = [label for label in labels if (label.transaction_id, label.is_fraud) not in there]
    Label.objects.bulk_create(new, ignore_conflicts=True)
    return len(labels)


def _label(institution_id: int, transaction_id: UUID, entry: Pending, delay: float) -> Label:
    truth, now = entry.truth or Truth(is_fraud=False), datetime.now(UTC).timestamp()
    known_at = truth.known_at
    if known_at is None:
        known_at = (entry.request.occurred_at or 0.0) + delay
    return Label(
        transaction_id=transaction_id,
        institution_id=institution_id,
        is_fraud=truth.is_fraud,
        source=Label.Source.IMPORT,
        typology=truth.typology,
        known_at=datetime.fromtimestamp(min(known_at, now), UTC),  # by now it is known
    )


class LabelTeller:
    """Tells the counters of each label when the events' clock reaches the time it is known since.

    A worker may be two windows behind, so it is the beginning of the window before the last that
    all rows have passed.
    """

    def __init__(self, institution_id: int, layout: ImportFormat) -> None:
        self._institution_id = institution_id
        self._layout = layout
        self._begun: deque[float] = deque(maxlen=3)

    def passed(self, window: Sequence[Row]) -> None:
        """The window was handed out, in event-time order."""
        times = (self._layout.event_time(row.fields) for row in window)
        first = next((time for time in times if time is not None), None)
        if first is None:
            return
        self._begun.append(first)
        if len(self._begun) == 3:
            self._tell(until=datetime.fromtimestamp(self._begun[0], UTC))

    def rest(self) -> None:
        """All rows are stored: what is known by today. Labels of earlier files may be among it."""
        self._tell(until=datetime.now(UTC), from_the_beginning=True)

    def _tell(self, *, until: datetime, from_the_beginning: bool = False) -> None:
        try:
            tell_due_labels(
                self._institution_id, until=until, from_the_beginning=from_the_beginning
            )
        except RedisUnavailableError as error:
            raise Unavailable("Redis does not answer, so labels cannot be told.") from error
