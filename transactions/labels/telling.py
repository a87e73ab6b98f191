"""Labels told by the institution's own transaction IDs: any number, an outcome for each.

Portions of them are committed one by one, so that a long list holds no lock for long. When the
database fails on the way, the portions before are stored and telling everything again is harmless.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from foundation import audit
from foundation.errors import NotFound, Problem
from foundation.outbox import nudge
from transactions.labels.precedence import current_labels
from transactions.labels.reading import Feedback
from transactions.models import Label, TransactionKey
from transactions.services import Recorded, Told, record_labels

PORTION: Final = 500


class Outcome(NamedTuple):
    """What became of one piece of feedback.

    `problem` says why nothing was recorded. Else `label` holds what was told, `created` is false
    when it was there before, and `current` is the label that counts now: another one when a source
    that ranks higher says something else.
    """

    label: Label | None = None
    created: bool = False
    current: Label | None = None
    problem: Problem | None = None


def tell(
    *, institution_id: int, feedback: Iterable[Feedback], by: audit.Actor
) -> Iterator[Outcome]:
    """Records as the outcomes are read, in order. Seven queries for each portion of 500."""
    waiting = iter(feedback)
    while portion := list(islice(waiting, PORTION)):
        with transaction.atomic():
            outcomes = _tell(institution_id, portion, by)
        nudge()
        yield from outcomes


def _tell(institution_id: int, portion: Sequence[Feedback], by: audit.Actor) -> list[Outcome]:
    ids = _ids(institution_id, portion)
    known = [one for one in portion if one.transaction_id in ids]
    told = [
        Told(ids[one.transaction_id], one.actual_fraud, one.source, one.known_at, one.typology)
        for one in known
    ]
    recorded = iter(record_labels(told, by=by) if told else ())
    current = _current(ids.values())
    return [
        _outcome(next(recorded), current) if one.transaction_id in ids else Outcome(problem=_none())
        for one in portion
    ]


def _ids(institution_id: int, portion: Iterable[Feedback]) -> dict[str, UUID]:
    keys = TransactionKey.objects.filter(
        institution_id=institution_id,
        kind=TransactionKey.Kind.TRANSACTION,
        key__in={one.transaction_id for one in portion},
    )
    return dict(keys.values_list("key", "transaction_id"))


def _current(ids: Iterable[UUID]) -> dict[UUID, Label]:
    labels = current_labels(Label.objects.filter(transaction_id__in=list(ids)))
    return {label.transaction_id: label for label in labels}


def _outcome(recorded: Recorded | Problem, current: dict[UUID, Label]) -> Outcome:
    if isinstance(recorded, Problem):
        return Outcome(problem=recorded)
    label = recorded.label
    return Outcome(label, recorded.created, current[label.transaction_id])


def _none() -> NotFound:
    # Of another institution's transaction not even its existence is told.
    return NotFound("There is no transaction of this ID.", type="unknown-transaction")
