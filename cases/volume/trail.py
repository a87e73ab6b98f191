"""Timelines and outcomes of the synthetic workbench, with the audit entries that vouch for them."""

import json
from collections.abc import Sequence
from types import TracebackType
from typing import Final
from uuid import UUID

from cases.models import Case, CaseEntry, ReviewOutcome
from cases.services.binding import bound_entries, bound_outcomes
from cases.volume.copying import Copy
from cases.volume.staff import ACTOR
from cases.volume.stories import REASON
from clients.models import Institution
from foundation import audit
from foundation.audit_bound import joined
from scoring.models import Decision

_AT_ONCE: Final = 1_000  # audit entries
_STATUS: Final = {
    Case.Disposition.CONFIRMED_FRAUD: Decision.Status.DECLINED,
    Case.Disposition.GENUINE: Decision.Status.APPROVED,
}


class Trail:
    """Writes the rows of one case after another, and one audit entry for each case."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.entries = Copy(
            CaseEntry._meta.db_table, ("id", "case_id", "kind", "at", "by_id", "text", "facts")
        )
        self.outcomes = Copy(
            ReviewOutcome._meta.db_table,
            ("id", "transaction_id", "case_id", "status", "by_id", "at", "reason"),
        )
        self.audited: list[audit.Entry] = []

    def keep(self, case: Case, entries: Sequence[CaseEntry], transactions: Sequence[UUID]) -> None:
        """The timeline; and where the verdict is fraud or genuine, the transactions' outcomes."""
        outcomes = _outcomes(case, transactions)
        for row in entries:
            facts = json.dumps(row.facts)
            self.entries.add(row.pk, case.pk, row.kind, row.at, row.by_id, row.text, facts)
        for one in outcomes:
            row_id = (one.pk, one.transaction_id, case.pk)
            self.outcomes.add(*row_id, one.status, one.by_id, one.at, one.reason)
        bound = joined(bound_entries(entries), bound_outcomes(outcomes))
        after = {"status": str(case.status), "disposition": str(case.disposition), **bound}
        self.audited.append(
            audit.Entry(
                actor=ACTOR,
                action="cases.generated",
                subject=f"cases.case:{case.pk}",
                after=after,
                institution_id=self.institution.pk,
            )
        )
        if len(self.audited) >= _AT_ONCE:
            self._record()

    def _record(self) -> None:
        audit.record_all(self.audited)
        self.audited.clear()

    def __enter__(self) -> "Trail":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is None:
            self.entries.flush()
            self.outcomes.flush()
            self._record()


def _outcomes(case: Case, transactions: Sequence[UUID]) -> list[ReviewOutcome]:
    """With the keys of their transactions, which grow with time, too."""
    if case.disposition not in _STATUS or case.closed_at is None:
        return []
    return [
        ReviewOutcome(
            id=row,
            transaction_id=row,
            case=case,
            status=_STATUS[Case.Disposition(case.disposition)],
            by=case.assignee,
            at=case.closed_at,
            reason=REASON,
        )
        for row in transactions
    ]
