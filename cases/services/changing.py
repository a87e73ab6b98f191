"""What every change of a case has in common: lock, version, entry, audit row and event."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Model
from django.utils import timezone as clock

from cases.events import CaseChanged
from cases.models import Case, CaseEntry, Closing, ReviewOutcome
from cases.services.binding import bound_entry, bound_outcomes
from foundation import audit
from foundation.audit_bound import joined as joined_bound
from foundation.errors import Conflict, NotFound
from foundation.models import User
from foundation.outbox import publish_all
from foundation.scopes import sees_institution

_HAPPENING = {CaseEntry.Kind.OPENED: "opened", CaseEntry.Kind.DECIDED: "closed"}
_UNTOLD = frozenset({CaseEntry.Kind.REPORTED, CaseEntry.Kind.UNDONE})
"""Of these nobody outside hears: whoever is reported must not be warned, and of a verdict that was
taken back nobody had heard."""

HARMLESS: Final = frozenset(
    {
        CaseEntry.Kind.NOTED,
        CaseEntry.Kind.ATTACHED,
        CaseEntry.Kind.REPORTED,
        CaseEntry.Kind.WARNED,
        CaseEntry.Kind.WOKE,
    }
)
"""What may happen to a case between a verdict and its effect: the verdict stands."""


def lock(case_id: int, *, by: User) -> Case:
    """The case, locked until the commit, whatever its state. Raises NotFound as `seen`."""
    rows = Case.objects.select_for_update(of=("self",))
    return seen(rows.filter(pk=case_id).first(), by)


def seen(case: Case | None, by: User) -> Case:
    """The same, if it is there and the person works for its institution. Raises NotFound: who does
    not learns nothing of it, not even that it exists."""
    if case is None or not sees_institution(by, case.institution_id):
        raise NotFound("There is no such case in your institutions.", type="case-missing")
    return case


def locked(case_id: int, *, by: User, version: int | None = None) -> Case:
    """The case, locked until the commit, to be changed by this person. Raises NotFound as
    `seen`; Conflict when it has changed since `version` was shown, is closed, or is about to be."""
    case = lock(case_id, by=by)
    if case.status == Case.Status.CLOSED:
        raise Conflict("The case is closed already; reopen it to change it.", type="case-closed")
    refuse_while_closing(case)
    if case.proposal_id is not None:
        raise Conflict(
            "A verdict on the case waits for a second person; until they have answered, or it is "
            "taken back, it stands still.",
            type="case-proposed",
        )
    if version is not None and case.version != version:
        raise Conflict(
            "Somebody changed the case since you opened it; look at it again.", type="case-changed"
        )
    return case


def refuse_while_closing(case: Case) -> None:
    """Conflict while a verdict on the case, which is locked, may still be taken back."""
    closing = Closing.objects.select_related("by").filter(pk=case.pk).first()
    if closing is not None:
        raise Conflict(
            f"{closing.by} has just decided the case as {closing.get_disposition_display()}. That "
            "takes effect within seconds unless it is taken back; until then nothing else can be "
            "done.",
            type="case-closing",
        )


def change(
    case: Case,
    *,
    kind: str,
    by: User | None,
    text: str = "",
    facts: dict[str, Any] | None = None,
    bound: Mapping[str, Mapping[str, str]] | None = None,
    **fields: Any,
) -> CaseEntry:
    """Store new values of a locked case with all that goes with it; the timeline's new entry.

    `bound`: other rows that the audit entry vouches for (foundation.audit_bound.bind).
    """
    before = {name: getattr(case, name) for name in fields}
    for name, value in fields.items():
        setattr(case, name, value)
    case.version += 1
    stored = [*fields, "version"]
    if case.assignee_id is not None and ("assignee" in fields or case.assignee == by):
        case.touched_at = clock.now()
        stored.append("touched_at")
    case.save(update_fields=stored)
    entry = CaseEntry(case=case, kind=kind, by=by, text=text, facts=facts or {})
    _enter([entry])
    audit.record(
        actor=by,
        action=f"cases.{kind}",
        subject=f"cases.case:{case.pk}",
        before=_plain(before) or None,
        after={**(_plain(fields) or facts or {}), **joined_bound(bound_entry(entry), bound or {})},
        institution_id=case.institution_id,
    )
    return entry


def enter_all(entries: Sequence[CaseEntry]) -> None:
    """Add to the timelines, audited, and tell the rooms above. Four queries for any number."""
    _enter(entries)
    audit.record_all(
        audit.Entry(
            actor=entry.by,
            action=f"cases.{entry.kind}",
            subject=f"cases.case:{entry.case_id}",
            after={**entry.facts, **bound_entry(entry)},
            institution_id=entry.case.institution_id,
        )
        for entry in entries
    )


def enter_outcomes(outcomes: Sequence[ReviewOutcome], *, case: Case, by: User) -> None:
    """Keep what a reviewer made of transactions, audited. Two queries for any number."""
    if not outcomes:
        return
    ReviewOutcome.objects.bulk_create(outcomes)
    audit.record(
        actor=by,
        action="cases.outcomes",
        subject=f"cases.case:{case.pk}",
        after=bound_outcomes(outcomes),
        institution_id=case.institution_id,
    )


def _enter(entries: Sequence[CaseEntry]) -> None:
    CaseEntry.objects.bulk_create(entries)
    publish_all(
        [
            CaseChanged(
                case=entry.case_id,
                institution=entry.case.institution_id,
                happening=_happening(entry),
                kind=entry.kind,
                entry=str(entry.pk),
            )
            for entry in entries
            if entry.kind not in _UNTOLD
        ],
        subject=lambda event: f"case:{event.case}",
    )


def _happening(entry: CaseEntry) -> str:
    if entry.kind == CaseEntry.Kind.MERGED and entry.case.status == Case.Status.CLOSED:
        return "closed"
    return _HAPPENING.get(CaseEntry.Kind(entry.kind), "updated")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As the audit trail keeps it: people and other rows by id, times as they are."""
    return {name: value.pk if isinstance(value, Model) else value for name, value in values.items()}
