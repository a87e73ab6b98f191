"""Changes around transactions: labels. The audited look at an identifier is the admin's reveal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from foundation import audit
from foundation.errors import BadRequest, FieldError
from foundation.outbox import publish_all
from transactions.events import LabelRecorded
from transactions.models import Label, Transaction

CLOCKS_APART: Final = timedelta(minutes=5)
"""How far another system's clock may be ahead of ours, or behind."""


class Told(NamedTuple):
    """What somebody says that one transaction was; `known_at` None is now."""

    transaction_id: UUID
    is_fraud: bool
    source: str
    known_at: datetime | None = None
    typology: str = ""


class Recorded(NamedTuple):
    """The label that holds what was told; `created` is false when it was there already."""

    label: Label
    created: bool


def record_label(
    *,
    transaction_row: Transaction,
    is_fraud: bool,
    source: str,
    by: audit.Actor,
    known_at: datetime | None = None,
    typology: str = "",
) -> Label:
    """Store what a transaction turned out to be; see `record_labels`. Raises BadRequest."""
    told = Told(transaction_row.pk, is_fraud, source, known_at, typology)
    [outcome] = record_labels([told], by=by)
    if isinstance(outcome, BadRequest):
        raise outcome
    return outcome.label


@transaction.atomic
def record_labels(told: Sequence[Told], *, by: audit.Actor) -> list[Recorded | BadRequest]:
    """Store what transactions turned out to be; an outcome for each, in order.

    What repeats its source's own word as it stood at that time adds nothing: the label that is
    there is returned. A BadRequest in place of a label says that `known_at` lies before the
    transaction or in the future. All transactions must exist; five queries, whatever the number.

    The transactions stay locked until the commit, so that the same word told twice at once is one
    label. They are locked in order of their ids, so that two such calls cannot block each other.
    """
    rows = _locked({one.transaction_id for one in told})
    now = datetime.now(UTC)  # after the lock: earlier than no label that others stored meanwhile
    there = _labels_of(rows)
    outcomes = [_outcome(one, rows[one.transaction_id], there, now) for one in told]
    made = [one.label for one in outcomes if isinstance(one, Recorded) and one.created]
    Label.objects.bulk_create(made)
    audit.record_all(_audited(label, by) for label in made)
    publish_all([_event(label) for label in made], subject=lambda event: event.transaction)
    return outcomes


def _locked(ids: Iterable[UUID]) -> dict[UUID, Transaction]:
    # NO KEY: a label's foreign key asks for no more than that the row stays.
    rows = Transaction.objects.select_for_update(no_key=True).filter(pk__in=list(ids))
    return {row.pk: row for row in rows.only("institution_id", "occurred_at").order_by("pk")}


def _labels_of(ids: Iterable[UUID]) -> dict[UUID, list[Label]]:
    """By transaction, in the order in which they became known."""
    found: dict[UUID, list[Label]] = defaultdict(list)
    labels = Label.objects.filter(transaction_id__in=list(ids))
    for label in labels.order_by("known_at", "recorded_at", "pk"):
        found[label.transaction_id].append(label)
    return found


def _outcome(
    one: Told, row: Transaction, there: dict[UUID, list[Label]], now: datetime
) -> Recorded | BadRequest:
    try:
        known_at = _known_at(one, row, now)
    except BadRequest as problem:
        return problem
    theirs = there[row.pk]
    before = [old for old in theirs if old.source == one.source and old.known_at <= known_at]
    if before and _repeats(one, before[-1]):
        return Recorded(before[-1], created=False)
    label = Label(
        transaction_id=row.pk,
        institution_id=row.institution_id,
        is_fraud=one.is_fraud,
        source=one.source,
        typology=one.typology,
        known_at=known_at,
    )
    theirs.append(label)
    theirs.sort(key=lambda label: label.known_at)  # stable: of one moment the newest stays last
    return Recorded(label, created=True)


def _repeats(one: Told, last: Label) -> bool:
    return one.is_fraud == last.is_fraud and one.typology in ("", last.typology)


def _known_at(one: Told, row: Transaction, now: datetime) -> datetime:
    """Raises BadRequest for a time before the transaction or in the future.

    What clocks that differ, or count whole seconds, put there is moved to the nearest that can be.
    """
    latest = max(now, row.occurred_at)  # a transaction's clock may be ahead, too
    known_at = one.known_at or latest
    if not row.occurred_at - CLOCKS_APART <= known_at <= latest + CLOCKS_APART:
        message = "must lie between the transaction and now"
        error = FieldError("known_at", message, "range")
        raise BadRequest(f"known_at: {message}.", type="invalid-fields", errors=[error])
    return max(row.occurred_at, min(known_at, latest))


def _audited(label: Label, by: audit.Actor) -> audit.Entry:
    return audit.Entry(
        actor=by,
        action="transactions.label",
        subject=f"transactions.transaction:{label.transaction_id}",
        after={"is_fraud": label.is_fraud, "source": label.source, "typology": label.typology},
        institution_id=label.institution_id,
    )


def _event(label: Label) -> LabelRecorded:
    return LabelRecorded(
        transaction=str(label.transaction_id),
        institution=label.institution_id,
        is_fraud=label.is_fraud,
        source=label.source,
        known_at=label.known_at.isoformat(),
    )
