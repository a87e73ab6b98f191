"""What a dossier says: all facts of a case, in parts, read in batches (docs/reports.md).

The content is the same whenever the facts are; who exported it when stands beside it. Nothing of
suspicious-activity reports is in it: whoever reads a dossier must not learn of one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from cases.models import Alert, Case, CaseEntry, ReviewOutcome
from cases.services.binding import entry_digest
from foundation.crypto import TamperedValue, UnknownKeyVersion
from foundation.models import AuditEntry
from scoring.models import Decision
from transactions.models import Label, Transaction
from transactions.presenting import masked_identifiers, masked_reference, readable_request
from transactions.sealing import open_reference

Record = Mapping[str, Any]

MOST_TRANSACTIONS: Final = 5_000
MOST_ENTRIES: Final = 10_000
"""Of the timeline, and as many of the audit trail."""
_BATCH: Final = 250
_UNTOLD: Final = CaseEntry.Kind.REPORTED


@dataclass(frozen=True, slots=True)
class Part:
    """One record, or many that are read as they are wanted."""

    name: str
    one: Record | None = None
    many: Iterable[Record] = ()


def parts_of(case: Case, *, revealed: bool) -> Iterator[Part]:
    """In the order in which they are read; to be read within one reading of the database."""
    yield Part("case", _case(case))
    yield Part("customer", _customer(case, revealed))
    yield Part("transactions", many=_transactions(case, revealed))
    yield Part("timeline", many=_timeline(case))
    yield Part("attachments", many=_attachments(case))
    yield Part("audit", many=_audit(case))


def _case(case: Case) -> Record:
    return {
        "number": case.pk,
        "institution": case.institution.name,
        "vertical": case.vertical,
        "status": case.status,
        "disposition": case.disposition or None,
        "typology": case.typology or None,
        "suspected_typology": case.suspected or None,
        "score": case.score,
        "level": case.level,
        "amount_at_risk": str(case.amount),
        "currency": case.institution.base_currency,
        "expected_loss_usd": round(case.loss, 2),
        "opened_at": _time(case.opened_at),
        "due_at": _time(case.due_at),
        "closed_at": _time(case.closed_at),
        "assignee": case.assignee.get_username() if case.assignee else None,
        "merged_into": case.merged_into_id,
        "version": case.version,
        "transactions_in_all": case.alerts.count(),
        "most_transactions_told": MOST_TRANSACTIONS,
        "timeline_in_all": _entries(case).count(),
        "most_entries_told": MOST_ENTRIES,
    }


def _customer(case: Case, revealed: bool) -> Record:
    others = Case.objects.filter(customer=case.customer_id).exclude(pk=case.pk).order_by("pk")
    return {
        "reference": _reference(case) if revealed else masked_reference(case.customer),
        "first_seen_at": _time(case.customer.first_seen_at),
        "other_cases": [
            {
                "number": other.pk,
                "status": other.status,
                "disposition": other.disposition or None,
                "typology": other.typology or None,
                "opened_at": _time(other.opened_at),
                "closed_at": _time(other.closed_at),
            }
            for other in others[:100]
        ],
    }


def _reference(case: Case) -> str:
    try:
        return open_reference(case.customer)
    except (UnknownKeyVersion, TamperedValue):
        return masked_reference(case.customer)


def _transactions(case: Case, revealed: bool) -> Iterator[Record]:
    heavy = [f"transaction__decision__{name}" for name in ("numbers", "texts", "shadow_hits")]
    alerts = case.alerts.select_related("transaction__decision").defer(*heavy).order_by("pk")
    found = alerts[:MOST_TRANSACTIONS].iterator(chunk_size=_BATCH)
    while batch := list(islice(found, _BATCH)):
        rows = [alert.transaction_id for alert in batch]
        labels = _grouped(Label.objects.filter(transaction__in=rows).order_by("pk"))
        said = ReviewOutcome.objects.filter(transaction__in=rows).select_related("by")
        outcomes = _grouped(said.order_by("pk"))
        for alert in batch:
            pk = alert.transaction_id
            yield _transaction(alert, labels.get(pk, []), outcomes.get(pk, []), revealed)


def _grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.transaction_id, []).append(row)
    return found


def _transaction(
    alert: Alert, labels: Sequence[Label], outcomes: Sequence[ReviewOutcome], revealed: bool
) -> Record:
    row = alert.transaction
    return {
        "transaction_id": row.external_id,
        "id": str(row.pk),
        "occurred_at": _time(row.occurred_at),
        "received_at": _time(row.received_at),
        "source": row.source,
        "vertical": row.vertical,
        "type": row.transaction_type or None,
        "amount": str(row.amount.normalize() + 0 if row.amount else 0),
        "currency": row.currency,
        "identifiers": _identifiers(row, revealed),
        "alert": {
            "raised_at": _time(alert.created_at),
            "amount": str(alert.amount),
            "expected_loss_usd": round(alert.loss, 2),
        },
        "decision": _decision(row.decision),
        "current_status": outcomes[-1].status if outcomes else row.decision.status,
        "labels": [_label(label) for label in labels],
        "outcomes": [_outcome(outcome) for outcome in outcomes],
    }


def _identifiers(row: Transaction, revealed: bool) -> Record:
    request = readable_request(row)
    if not revealed:
        return dict(sorted(masked_identifiers(request).items()))
    known = {"user_id": request.get("user_id"), **request.get("identifiers", {})}
    return {name: str(value) for name, value in sorted(known.items()) if value is not None}


def _decision(decision: Decision) -> Record:
    return {
        "decided_at": _time(decision.decided_at),
        "status": decision.status,
        "score": decision.fraud_score,
        "level": decision.risk_level,
        "rule_score": decision.rule_score,
        "ml_score": decision.ml_score,
        "ml_probability": decision.ml_probability,
        "effect": decision.effect or None,
        "degraded": list(decision.degraded),
        "ruleset": decision.ruleset_number,
        "catalogue_version": decision.catalogue_version,
        "model_version": decision.model_version or None,
        "reasons": [
            {
                "rule": hit["code"],
                "reason": hit["reason"],
                "effect": hit["effect"],
                "worth": hit["worth"],
            }
            for hit in sorted(decision.hits, key=lambda hit: (-hit["worth"], hit["code"]))
        ],
        "list_hits": [
            {"feature": feature, "list": name, "effect": effect or None}
            for feature, name, effect in decision.inputs.get("listed", ())
        ],
    }


def _label(label: Label) -> Record:
    return {
        "is_fraud": label.is_fraud,
        "source": label.source,
        "typology": label.typology or None,
        "known_at": _time(label.known_at),
        "recorded_at": _time(label.recorded_at),
    }


def _outcome(outcome: ReviewOutcome) -> Record:
    return {
        "status": outcome.status,
        "by": outcome.by.get_username(),
        "at": _time(outcome.at),
        "reason": outcome.reason,
    }


def _entries(case: Case) -> Any:
    return case.entries.exclude(kind=_UNTOLD)


def _timeline(case: Case) -> Iterator[Record]:
    rows = _entries(case).select_related("by").order_by("pk")[:MOST_ENTRIES]
    for entry in rows.iterator(chunk_size=_BATCH):
        yield {
            "at": _time(entry.at),
            "by": entry.by.get_username() if entry.by else None,
            "kind": entry.kind,
            "text": entry.text,
            "facts": entry.facts,
            "id": str(entry.pk),
            "sha256": entry_digest(entry),
        }


def _attachments(case: Case) -> Iterator[Record]:
    for file in case.attachments.select_related("by").order_by("pk").iterator(chunk_size=_BATCH):
        yield {
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "sha256": bytes(file.digest).hex(),
            "by": file.by.get_username(),
            "at": _time(file.at),
        }


def _audit(case: Case) -> Iterator[Record]:
    rows = AuditEntry.objects.filter(subject=f"cases.case:{case.pk}")
    rows = rows.exclude(action=f"cases.{_UNTOLD}").order_by("pk")[:MOST_ENTRIES]
    for entry in rows.iterator(chunk_size=_BATCH):
        yield {
            "sequence": entry.sequence,
            "hash": bytes(entry.entry_hash).hex() if entry.entry_hash else None,
            "recorded_at": _time(entry.recorded_at),
            "actor": entry.actor_name,
            "action": entry.action,
            "before": entry.before,
            "after": entry.after,
            "reason": entry.reason,
        }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None
