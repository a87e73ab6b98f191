"""Decisions as clients hear of them by webhook."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from clients.webhooks.emitting import Occurrence, asked_for
from clients.webhooks.models import WebhookEvent
from clients.webhooks.targets import url_fault
from scoring.answers import answer_of
from scoring.events import DecisionMade
from scoring.inputs import WEBHOOK_FIELD
from scoring.models import Decision
from transactions.models import Transaction
from transactions.presenting import readable_request

EVENT_OF: Final = {
    Decision.Status.DECLINED: WebhookEvent.FRAUD_DETECTED,
    Decision.Status.REVIEW: WebhookEvent.HIGH_RISK_TRANSACTION,
    Decision.Status.APPROVED: WebhookEvent.TRANSACTION_APPROVED,
}


def occurrences_of(made: Sequence[DecisionMade]) -> list[Occurrence]:
    """What is to be told of these decisions, in their order. Three queries at most.

    The requests' own URLs are sealed with the transactions, which are opened to find them; of
    decisions that nobody asks for, nothing else is read.
    """
    if not made:
        return []
    wanted = _wanted(made)
    urls = _urls([event.transaction for event in made])
    told = [
        e for e in made if e.transaction in urls or EVENT_OF[_status(e)] in wanted[e.institution]
    ]
    decisions = _decisions(event.transaction for event in told)
    return [
        _occurrence(decisions[event.transaction], urls.get(event.transaction))
        for event in told
        if event.transaction in decisions
    ]


def _status(event: DecisionMade) -> Decision.Status:
    return Decision.Status(event.status)


def _wanted(made: Iterable[DecisionMade]) -> dict[int, frozenset[str]]:
    """Which events anybody of each institution asks for."""
    institutions = {event.institution for event in made}
    asked = asked_for(institutions)
    return {pk: frozenset().union(*asked.get(pk, {}).values()) for pk in institutions}


def _urls(ids: Sequence[str]) -> dict[str, str]:
    rows = Transaction.objects.filter(pk__in=ids).only("pk", "sealed")
    found = {}
    for row in rows:
        url = readable_request(row).get("extras", {}).get(WEBHOOK_FIELD)
        if isinstance(url, str) and not url_fault(url):
            found[str(row.pk)] = url
    return found


def _decisions(ids: Iterable[str]) -> dict[str, Decision]:
    rows = Decision.objects.select_related("transaction").defer(
        "numbers", "texts", "shadow_hits", "transaction__sealed"
    )
    return {str(row.pk): row for row in rows.filter(pk__in=list(ids))}


def _occurrence(decision: Decision, url: str | None) -> Occurrence:
    row = decision.transaction
    event = EVENT_OF[Decision.Status(decision.status)]
    return Occurrence(
        institution_id=decision.institution_id,
        event=event,
        event_id=_event_id(row.pk),
        subject=f"transaction:{row.pk}",
        occurred_at=decision.decided_at,
        data=decision_data(decision),
        reference=row.external_id,
        url=url,
    )


def _event_id(transaction_id: UUID) -> str:
    """Of a decision there is one event, so its id follows from the transaction's."""
    return f"evt_{transaction_id.hex}"


def decision_data(decision: Decision) -> dict[str, Any]:
    """What is told of a decision. It names no person: receivers know whose transaction it is."""
    row = decision.transaction
    answer = answer_of(decision, row.external_id, replayed=True)
    return {
        "transaction_id": answer.transaction_id,
        "status": answer.status,
        "fraud_score": answer.fraud_score,
        "risk_level": answer.risk_level,
        "rule_score": answer.rule_score,
        "ml_score": answer.ml_score,
        "ml_probability": answer.ml_probability,
        "flags": msgspec.to_builtins(answer.flags),
        "message": answer.message,
        "amount": float(row.amount),
        "currency": row.currency,
        "industry": row.vertical,
        "transaction_type": row.transaction_type or None,
    }
