"""What calls about cases bring along, and what they are answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from cases.models import Alert, Case, CaseEntry
from cases.queries import current_statuses
from transactions.presenting import masked_reference

ALERTS_TOLD: Final = 100
ENTRIES_TOLD: Final = 200

CaseStatus = Literal["open", "in_progress", "waiting", "escalated", "closed"]
Disposition = Literal["confirmed_fraud", "suspected", "genuine", "inconclusive"]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Note = Annotated[str, Meta(min_length=1, max_length=10_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2_000)]
Typology = Annotated[str, Meta(max_length=64)]


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """`version` of the case as you read it: a case that has changed since is left alone."""

    version: Version | None = None


class NewNote(msgspec.Struct, frozen=True, kw_only=True):
    """Plain text, kept for good."""

    text: Note


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`typology` is required for confirmed_fraud; `version` as in claiming."""

    disposition: Disposition
    reason: Reason
    typology: Typology = ""
    version: Version | None = None


class CaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A case. `amount` at risk in `currency`; `expected_loss_usd` is what cases are ranked by.

    `awaits_approval`: a verdict waits for a second person, and closes the case once they agree.
    """

    id: int
    version: int
    status: CaseStatus
    awaits_approval: bool
    disposition: Disposition | None
    typology: str | None
    suspected_typology: str | None
    industry: str
    user_id: str
    fraud_score: int
    risk_level: Literal["low", "medium", "high", "critical"]
    amount: float
    currency: str
    expected_loss_usd: float
    claimed_by: str | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None


class CaseAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A flagged transaction of the case, with the rules that fired; `reason` is the strongest."""

    transaction_id: str
    status: str
    current_status: str
    fraud_score: int
    amount: float
    currency: str
    occurred_at: datetime
    reason: str
    rules: list[str]


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the timeline; `by` is null for the system itself."""

    at: datetime
    kind: str
    by: str | None
    text: str


class CaseDetail(CaseAnswer, frozen=True, kw_only=True):
    """With the strongest 100 alerts and the newest 200 entries; the numbers tell of all."""

    alert_count: int
    alerts: list[CaseAlert]
    event_count: int
    timeline: list[CaseEvent]


class CasePage(msgspec.Struct, frozen=True):
    """Newest first. `next_cursor` is null on the last page."""

    results: list[CaseAnswer]
    next_cursor: str | None


def case_answer(case: Case) -> CaseAnswer:
    return CaseAnswer(**_values(case))


def case_page(cases: Sequence[Case], next_cursor: str | None) -> CasePage:
    return CasePage([case_answer(case) for case in cases], next_cursor)


def case_detail(case: Case) -> CaseDetail:
    """Five queries."""
    heavy = [f"transaction__decision__{name}" for name in ("numbers", "texts", "shadow_hits")]
    alerts = case.alerts.select_related("transaction__decision")
    strongest = list(
        alerts.defer("transaction__sealed", *heavy).order_by("-score", "-pk")[:ALERTS_TOLD]
    )
    current = current_statuses([alert.transaction_id for alert in strongest])
    # Nothing of suspicious-activity reports leaves the house.
    entries = case.entries.exclude(kind=CaseEntry.Kind.REPORTED)
    newest = entries.select_related("by").order_by("-pk")[:ENTRIES_TOLD]
    return CaseDetail(
        **_values(case),
        alert_count=case.alerts.count(),
        alerts=[_alert(alert, current) for alert in strongest],
        event_count=entries.count(),
        timeline=[_event(entry) for entry in newest],
    )


def _values(case: Case) -> dict[str, Any]:
    return {
        "id": case.pk,
        "version": case.version,
        "status": case.status,
        "awaits_approval": case.proposal_id is not None,
        "disposition": case.disposition or None,
        "typology": case.typology or None,
        "suspected_typology": case.suspected or None,
        "industry": case.vertical,
        "user_id": masked_reference(case.customer),
        "fraud_score": case.score,
        "risk_level": case.level,
        "amount": float(case.amount),
        "currency": case.institution.base_currency,
        "expected_loss_usd": round(case.loss, 2),
        "claimed_by": case.assignee.get_username() if case.assignee else None,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "closed_at": case.closed_at,
    }


def _alert(alert: Alert, current: Mapping[Any, str]) -> CaseAlert:
    row = alert.transaction
    return CaseAlert(
        transaction_id=row.external_id,
        status=alert.status,
        current_status=current.get(row.pk, alert.status),
        fraud_score=alert.score,
        amount=float(row.amount),
        currency=row.currency,
        occurred_at=row.occurred_at,
        reason=alert.reason,
        rules=[hit["code"] for hit in row.decision.hits],
    )


def _event(entry: CaseEntry) -> CaseEvent:
    by = entry.by.get_username() if entry.by else None
    return CaseEvent(at=entry.at, kind=entry.kind, by=by, text=entry.text)
