"""Reading transactions. Every query is scoped to an institution."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from features.identifiers import normal_form
from foundation.crypto import keyed_hashes
from transactions.models import Transaction, TransactionKey


def find_by_key(institution_id: int, external_id: str) -> UUID | None:
    """Our id of the client's transaction id; one query."""
    return (
        TransactionKey.objects.filter(
            institution_id=institution_id,
            kind=TransactionKey.Kind.TRANSACTION,
            key=external_id,
        )
        .values_list("transaction_id", flat=True)
        .first()
    )


def list_transactions(
    institution_ids: Iterable[int],
    *,
    vertical: str | None = None,
    occurred_from: datetime | None = None,
    occurred_to: datetime | None = None,
    user_id: str | None = None,
) -> QuerySet[Transaction]:
    """Newest first by arrival, filtered; `occurred_to` is exclusive. Unevaluated."""
    found = Transaction.objects.filter(institution_id__in=list(institution_ids))
    if vertical:
        found = found.filter(vertical=vertical)
    if occurred_from:
        found = found.filter(occurred_at__gte=occurred_from)
    if occurred_to:
        found = found.filter(occurred_at__lt=occurred_to)
    if user_id:
        hashes = keyed_hashes(normal_form("user_id", user_id) or "", "customer")
        found = found.filter(customer__reference_hash__in=hashes)
    return found.select_related("customer", "device", "card").order_by("-id")
