"""Changes around transactions: labels, and the audited look at an identifier."""

from datetime import UTC, datetime

from django.db import transaction

from foundation import audit
from foundation.errors import BadRequest, FieldError, NotFound
from foundation.models import User
from foundation.outbox import publish
from foundation.permissions import require
from transactions.events import LabelRecorded
from transactions.models import Identified, Label, Transaction
from transactions.sealing import open_reference, open_request

REVEAL = "transactions.reveal_identifier"


@transaction.atomic
def record_label(
    *,
    transaction_row: Transaction,
    is_fraud: bool,
    source: str,
    by: audit.Actor,
    known_at: datetime | None = None,
    typology: str = "",
) -> Label:
    """Store what a transaction turned out to be; the same label twice is one.

    `known_at` (default now) may not lie before the transaction or in the future.
    """
    now = datetime.now(UTC)
    known_at = known_at or now
    if not transaction_row.occurred_at <= known_at <= now:
        message = "must lie between the transaction and now"
        raise BadRequest(f"known_at {message}.", errors=[FieldError("known_at", message)])
    label, created = Label.objects.get_or_create(
        transaction=transaction_row,
        source=source,
        known_at=known_at,
        is_fraud=is_fraud,
        defaults={"institution_id": transaction_row.institution_id, "typology": typology},
    )
    if created:
        audit.record(
            actor=by,
            action="transactions.label",
            subject=f"transactions.transaction:{transaction_row.pk}",
            after={"is_fraud": is_fraud, "source": source, "typology": typology},
            institution_id=transaction_row.institution_id,
        )
        made = LabelRecorded(
            transaction=str(transaction_row.pk),
            institution=transaction_row.institution_id,
            is_fraud=is_fraud,
            source=source,
            known_at=known_at.isoformat(),
        )
        publish(made, subject=made.transaction)
    return label


@transaction.atomic
def reveal_identifier(*, transaction_row: Transaction, name: str, by: User, reason: str) -> str:
    """One identifier of a transaction in clear. The look is audited before it is answered."""
    require(by, REVEAL)
    request = open_request(transaction_row)
    known = {"user_id": request["user_id"], **request["identifiers"]}
    if name not in known:
        raise NotFound(f"This transaction has no {name}.")
    _record_look(
        by, f"transactions.transaction:{transaction_row.pk}", name, transaction_row, reason
    )
    return str(known[name])


@transaction.atomic
def reveal_reference(*, identity: Identified, by: User, reason: str) -> str:
    """The identifier of a customer, device or card in clear, likewise audited."""
    require(by, REVEAL)
    kind = identity._meta.model_name
    _record_look(by, f"transactions.{kind}:{identity.pk}", "reference", identity, reason)
    return open_reference(identity)


def _record_look(
    by: User, subject: str, name: str, row: Transaction | Identified, reason: str
) -> None:
    audit.record(
        actor=by,
        action="transactions.reveal",
        subject=subject,
        after={"identifier": name},
        reason=reason,
        institution_id=row.institution_id,
    )
