"""A queue as CSV: the cases that its filters leave, in its order, streamed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from django.db.models import QuerySet

from cases.models import Case
from cases.queries import top_reasons
from foundation import audit
from foundation.models import User
from foundation.spreadsheets import Cell, csv_chunks
from transactions.presenting import masked_reference

HEADER: Final = (
    "case", "institution", "status", "disposition", "typology", "suspected", "level", "score",
    "vertical", "customer", "amount", "currency", "amount_usd", "expected_loss_usd", "opened_at",
    "due_at", "overdue", "closed_at", "snoozed_until", "assignee", "top_reason",
)  # fmt: skip
_BATCH: Final = 1_000


def queue_csv(
    cases: QuerySet[Case], *, by: User, filters: Mapping[str, list[str]], now: datetime
) -> Iterator[bytes]:
    """Chunks of the file; memory for one batch, two queries a thousand cases.

    The trail keeps who asked for what before the first chunk, and how many rows went out after the
    last, or when the reader went away.
    """
    _record(by, "cases.export_started", {"filters": dict(filters)})
    return _stream(cases, by, now)


def _stream(cases: QuerySet[Case], by: User, now: datetime) -> Iterator[bytes]:
    sent, whole = 0, False

    def counted() -> Iterator[Sequence[Cell]]:
        nonlocal sent
        for row in _rows(cases, now):
            yield row
            sent += 1

    try:
        yield from csv_chunks(HEADER, counted())
        whole = True
    finally:
        _record(by, "cases.export", {"rows": sent, "complete": whole})


def _record(by: User, action: str, after: dict[str, object]) -> None:
    audit.record(actor=by, action=action, subject="cases.queue", after=after)


def _rows(cases: QuerySet[Case], now: datetime) -> Iterator[Sequence[Cell]]:
    related = cases.select_related("customer", "institution", "assignee")
    found = related.iterator(chunk_size=_BATCH)
    while batch := list(islice(found, _BATCH)):
        reasons = top_reasons(case.pk for case in batch)
        for case in batch:
            yield _row(case, reasons.get(case.pk, ""), now)


def _row(case: Case, reason: str, now: datetime) -> Sequence[Cell]:
    return (
        case.pk,
        case.institution.name,
        case.status,
        case.disposition,
        case.typology,
        case.suspected,
        case.level,
        case.score,
        case.vertical,
        masked_reference(case.customer),
        case.amount,
        case.institution.base_currency,
        round(case.amount_usd, 2),
        round(case.loss, 2),
        _time(case.opened_at),
        _time(case.due_at),
        "yes" if case.is_overdue(now) else "no",
        _time(case.closed_at),
        _time(case.snoozed_until),
        case.assignee.get_username() if case.assignee else "",
        reason,
    )


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""
