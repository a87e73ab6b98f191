"""Changes around transactions: labels. The audited look at an identifier is the admin's reveal."""

from datetime import UTC, datetime

from django.db import transaction

from foundation import audit
from foundation.errors import BadRequest, FieldError
from foundation.outbox import publish
from transactions.events import LabelRecorded
from transactions.models import Label, Transaction


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
