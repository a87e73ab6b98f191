"""What institutions reported to each other of a case's identifiers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.alerts.why import Listing
from cases.models import Case
from cases.services.listing import entries_naming
from intelligence.models import ListEntry

LIST: Final = "consortium"


@dataclass(frozen=True, slots=True)
class Report:
    """An entry of the consortium's list that is in force."""

    kind: str
    by: str
    at: datetime
    own: bool  # the case's institution reported it itself
    entry: int


def reports(case: Case, listings: Iterable[Listing]) -> Sequence[Report]:
    """Newest first. No query unless the consortium's list was hit when deciding, else two; empty
    too when what was hit has ended since."""
    if all(one.list_name != LIST for one in listings):
        return ()
    found = [_report(entry) for entry in entries_naming(case) if entry.list_id == LIST]
    return sorted(found, key=lambda one: (one.at, one.entry), reverse=True)


def _report(entry: ListEntry) -> Report:
    return Report(
        kind=str(entry.get_kind_display()),
        by=reporter(entry),
        at=entry.added_at,
        own=entry.institution_id is not None,
        entry=entry.pk,
    )


def reporter(entry: ListEntry) -> str:
    """Who answers for it and where it comes from, as far as the entry tells."""
    if not entry.source or entry.source == entry.owner:
        return entry.owner
    return f"{entry.owner} ({entry.source})"
