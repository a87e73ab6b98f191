"""Verdicts that are taken back before they take effect, by a person or by what happened since."""

from collections.abc import Iterable

from cases.models import Case, CaseEntry, Closing
from cases.services.changing import enter_all
from foundation.models import User


def call_off(cases: Iterable[Case], why: str) -> int:
    """Takes back what waits for these locked cases, with an entry that says why. Two queries, one
    where nothing waits."""
    waiting = list(Closing.objects.filter(case__in=list(cases)).select_related("case", "by"))
    for closing in waiting:
        take_back(closing, by=None, why=why)
    return len(waiting)


def take_back(closing: Closing, *, by: User | None, why: str = "") -> CaseEntry:
    """The timeline's entry, with the reason that was typed as its text and `why` among its facts.

    Without a new version, so that forms stay good.
    """
    entry = CaseEntry(
        case=closing.case,
        kind=CaseEntry.Kind.UNDONE,
        by=by,
        text=closing.reason,
        facts=_facts(closing, why),
    )
    enter_all([entry])
    Closing.objects.filter(pk=closing.pk).delete()
    return entry


def _facts(closing: Closing, why: str) -> dict[str, str]:
    return {
        "disposition": closing.disposition,
        "typology": closing.typology,
        "by": closing.by.get_username(),
        "why": why,
    }
