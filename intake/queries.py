"""Reading back what came in. Every query is scoped to one institution."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from intake.filters import TransactionFilters
from scoring.models import Decision
from transactions.models import Transaction
from transactions.queries import find_by_key, list_transactions

# Vector and inputs are most of a decision's bytes, and lists show neither.
_HEAVY = ("numbers", "texts", "inputs", "hits", "shadow_hits")


@dataclass(frozen=True, slots=True)
class Page:
    """Some transactions with their decisions; `last` is None when nothing follows."""

    rows: Sequence[Transaction]
    last: UUID | None


def decision_of(institution_id: int, transaction_id: str) -> Decision | None:
    """The decision on a client's transaction id; two queries."""
    pk = find_by_key(institution_id, transaction_id)
    return None if pk is None else Decision.objects.select_related("transaction").get(pk=pk)


def transaction_of(institution_id: int, transaction_id: str) -> Transaction | None:
    """The transaction of a client's id with its decision; two queries."""
    pk = find_by_key(institution_id, transaction_id)
    return None if pk is None else with_decision(Transaction.objects.all()).get(pk=pk)


def page_of(institution_id: int, filters: TransactionFilters) -> Page:
    """One page, newest arrival first; one query, or two when a transaction id is asked for.

    Pages follow the key, not a count of rows to skip: the thousandth costs what the first does, and
    rows that arrive meanwhile shift nothing.
    """
    rows = matching(institution_id, filters)
    if filters.cursor is not None:
        rows = rows.filter(pk__lt=filters.cursor)
    found = list(with_decision(rows)[: filters.limit + 1])
    page = found[: filters.limit]
    return Page(page, page[-1].pk if len(found) > len(page) else None)


def matching(institution_id: int, filters: TransactionFilters) -> QuerySet[Transaction]:
    """All that the filters leave, newest arrival first, without regard to pages. Unevaluated; one
    query at once when a transaction id is asked for."""
    rows = list_transactions(
        [institution_id],
        vertical=filters.industry,
        occurred_from=filters.occurred_from,
        occurred_to=filters.occurred_to,
        user_id=filters.user_id,
    )
    if filters.transaction_id is not None:
        pk = find_by_key(institution_id, filters.transaction_id)
        rows = rows.filter(pk=pk) if pk else rows.none()
    if filters.transaction_type is not None:
        rows = rows.filter(transaction_type=filters.transaction_type)
    if filters.status is not None:
        rows = rows.filter(decision__status=filters.status)
    if filters.risk_level is not None:
        rows = rows.filter(decision__risk_level=filters.risk_level)
    return rows


def with_decision(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    heavy = [f"decision__{name}" for name in _HEAVY]
    return rows.select_related("customer", "device", "card", "decision").defer(*heavy)
