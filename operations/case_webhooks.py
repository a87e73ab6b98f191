"""Cases as clients hear of them by webhook."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from cases.events import CaseChanged
from cases.models import Alert, Case, CaseEntry
from clients.webhooks.emitting import Occurrence, asked_for
from clients.webhooks.models import WebhookEvent

EVENT_OF: Final = {
    "opened": WebhookEvent.CASE_OPENED,
    "updated": WebhookEvent.CASE_UPDATED,
    "closed": WebhookEvent.CASE_CLOSED,
}
TRANSACTIONS_TOLD: Final = 100


def occurrences_of(changes: Sequence[CaseChanged]) -> list[Occurrence]:
    """What is to be told of these changes, in their order. Three queries at most, one when nobody
    asks for any."""
    if not changes:
        return []
    asked = asked_for({change.institution for change in changes})
    told = [
        change
        for change in changes
        if any(EVENT_OF[change.happening] in events for events in _filters(asked, change))
    ]
    if not told:
        return []
    entries = _entries(change.entry for change in told)
    transactions = _transactions({entry.case_id for entry in entries.values()})
    return [
        _occurrence(change, entries[change.entry], transactions)
        for change in told
        if change.entry in entries
    ]


def _filters(
    asked: dict[int, dict[UUID, frozenset[str]]], change: CaseChanged
) -> Iterable[frozenset[str]]:
    return asked.get(change.institution, {}).values()


def _entries(ids: Iterable[str]) -> dict[str, CaseEntry]:
    rows = CaseEntry.objects.filter(pk__in=list(ids)).select_related("case__institution")
    return {str(row.pk): row for row in rows}


def _transactions(cases: Iterable[int]) -> dict[int, list[str]]:
    """The clients' ids by case, the oldest first."""
    rows = Alert.objects.filter(case__in=cases).order_by("pk")
    found: dict[int, list[str]] = {}
    for case, name in rows.values_list("case_id", "transaction__external_id"):
        found.setdefault(case, []).append(name)
    return found


def _occurrence(
    change: CaseChanged, entry: CaseEntry, transactions: dict[int, list[str]]
) -> Occurrence:
    return Occurrence(
        institution_id=change.institution,
        event=EVENT_OF[change.happening],
        event_id=f"evt_{entry.pk.hex}",
        subject=f"case:{entry.case_id}",
        occurred_at=entry.at,
        data={
            **case_data(entry.case, change.kind, transactions.get(entry.case_id, [])),
            **_more(entry),
        },
    )


def _more(entry: CaseEntry) -> dict[str, Any]:
    """What only some changes tell: a question to the client, the outcome of one transaction, that
    an identifier was listed (never which), the other case of a merging."""
    said = entry.facts
    if entry.kind == CaseEntry.Kind.ASKED:
        return {"question": entry.text}
    if entry.kind == CaseEntry.Kind.OUTCOME:
        outcome = {"transaction_id": said["name"], "status": said["status"]}
        known = {"is_fraud": said.get("is_fraud"), "typology": said.get("typology") or None}
        return {"outcome": {**outcome, **known}}
    if entry.kind == CaseEntry.Kind.LISTED:
        return {"listed": {name: said.get(name) or None for name in _OF_LISTED}}
    if entry.kind == CaseEntry.Kind.MERGED:
        return {"merged": {name: said.get(name) for name in ("into", "from")}}
    return {}


_OF_LISTED: Final = ("kind", "list", "effect", "until")


def case_data(case: Case, change: str, transactions: Sequence[str]) -> dict[str, Any]:
    """The case as it is when it is told; `version` says which of two tellings is the later. It
    names neither the customer nor who reviews, and holds no note."""
    return {
        "case_id": case.pk,
        "version": case.version,
        "change": change,
        "status": case.status,
        "disposition": case.disposition or None,
        "typology": case.typology or None,
        "fraud_score": case.score,
        "risk_level": case.level,
        "amount": float(case.amount),
        "currency": case.institution.base_currency,
        "industry": case.vertical,
        "transaction_count": len(transactions),
        "transaction_ids": list(transactions[:TRANSACTIONS_TOLD]),
        "opened_at": case.opened_at.isoformat(),
        "due_at": case.due_at.isoformat(),
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
    }
