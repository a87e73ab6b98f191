"""Verdicts that are taken back before they take effect, by a person or by what happened since."""

from collections.abc import Iterable

from cases.models import Case, CaseEntry, Closing
from foundation import audit
from foundation.models import User


def call_off(cases: Iterable[Case], why: str) -> int:
    """Takes back what waits for these locked cases, with an entry that says why. Two queries, one
    where nothing waits."""
    waiting = list(Closing.objects.filter(case__in=list(cases)).select_related("case", "by"))
    for closing in waiting:
        take_back(closing, by=None, why=why)
    return len(waiting)


def take_back(closing: Closing, *, by: User | None, why: str = "") -> CaseEntry:
    """Without a new version, so that forms stay good, and without an event: nobody outside has
    heard of the verdict."""
    entry = CaseEntry.objects.create(
        case_id=closing.case_id,
        kind=CaseEntry.Kind.UNDONE,
        by=by,
        text=why or closing.reason,
        facts=facts_of_closing(closing),
    )
    record(closing, "cases.undone", by)
    closing.delete()
    return entry


def facts_of_closing(closing: Closing) -> dict[str, str]:
    return {
        "disposition": closing.disposition,
        "typology": closing.typology,
        "reason": closing.reason,
        "by": closing.by.get_username(),
    }


def record(closing: Closing, action: str, by: User | None) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"cases.case:{closing.case_id}",
        after={"disposition": closing.disposition, "typology": closing.typology},
        institution_id=closing.case.institution_id,
    )
