"""What the audit trail keeps of timelines and outcomes: a digest of each row's content.

The text stays in its own table; the digest is sealed into the chain, so that a note or an outcome
that somebody changed, removed or added past the application shows (`manage.py audit verify`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from cases.models import CaseEntry, ReviewOutcome
from foundation.audit_bound import Bound, bind, digest_of, register_bound

ENTRY: Final = "cases.caseentry"
OUTCOME: Final = "cases.reviewoutcome"


def entry_digest(row: CaseEntry) -> str:
    content = [str(row.pk), row.case_id, str(row.kind), exactly(row.at), row.by_id]
    return digest_of([*content, row.text, row.facts])


def outcome_digest(row: ReviewOutcome) -> str:
    content = [str(row.pk), str(row.transaction_id), row.case_id, str(row.status)]
    return digest_of([*content, row.by_id, exactly(row.at), row.reason])


def bound_entry(row: CaseEntry) -> dict[str, dict[str, str]]:
    """For the `after` of the audit entry that tells of it."""
    return bound_entries([row])


def bound_entries(rows: Iterable[CaseEntry]) -> dict[str, dict[str, str]]:
    return bind(ENTRY, {str(row.pk): entry_digest(row) for row in rows})


def bound_outcomes(rows: Iterable[ReviewOutcome]) -> dict[str, dict[str, str]]:
    return bind(OUTCOME, {str(row.pk): outcome_digest(row) for row in rows})


def exactly(at: datetime) -> str:
    """As digests have a time: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _entries(ids: Sequence[str]) -> dict[str, str]:
    return {str(row.pk): entry_digest(row) for row in CaseEntry.objects.filter(pk__in=ids)}


def _outcomes(ids: Sequence[str]) -> dict[str, str]:
    return {str(row.pk): outcome_digest(row) for row in ReviewOutcome.objects.filter(pk__in=ids)}


register_bound(ENTRY, Bound(_entries, CaseEntry.objects.count))
register_bound(OUTCOME, Bound(_outcomes, ReviewOutcome.objects.count))
