"""Stored transactions and decisions as the format tells them. Identifiers come masked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from intake.filters import encode_cursor
from intake.formats.gateway import Result, result_of
from intake.imports.paysim import BALANCES
from intake.queries import with_decision
from intake.views.gateway.filters import COUNTED_UP_TO, GatewayFilters, matching_rows
from transactions.models import Transaction
from transactions.presenting import masked_identifiers, readable_request


class StoredTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction as it was sent, by whichever format; null is what was not told."""

    transaction_id: str
    step: int | None
    type: str | None
    amount: float
    currency: str
    nameOrig: str | None  # noqa: N815  the format's names
    oldbalanceOrg: Any  # noqa: N815
    newbalanceOrig: Any  # noqa: N815
    nameDest: str | None  # noqa: N815
    oldbalanceDest: Any  # noqa: N815
    newbalanceDest: Any  # noqa: N815
    timestamp: datetime
    received_at: datetime
    status: str
    risk_level: str


class StoredPrediction(Result, frozen=True, kw_only=True):
    """A prediction with the time when it was made."""

    timestamp: datetime


class Paged(msgspec.Struct, frozen=True, kw_only=True):
    """`total` counts what the filters leave, up to 10,000; `total_is_more` says that there is
    more. `next_cursor` is null on the last page."""

    total: int
    total_is_more: bool
    page: int
    page_size: int
    next_cursor: str | None


class TransactionList(Paged, frozen=True, kw_only=True):
    transactions: list[StoredTransaction]


class PredictionList(Paged, frozen=True, kw_only=True):
    predictions: list[StoredPrediction]


def list_stored(institution_id: int, filters: GatewayFilters) -> TransactionList:
    """Newest arrival first; two queries, or three when a transaction id is asked for."""
    rows, page = _page(institution_id, filters)
    return TransactionList(transactions=[stored_transaction(row) for row in rows], **page)


def list_predictions(institution_id: int, filters: GatewayFilters) -> PredictionList:
    """As `list_stored`."""
    rows, page = _page(institution_id, filters)
    return PredictionList(predictions=[stored_prediction(row) for row in rows], **page)


def _page(
    institution_id: int, filters: GatewayFilters
) -> tuple[Sequence[Transaction], dict[str, Any]]:
    every = matching_rows(institution_id, filters)
    counted = every.order_by().values("pk")[: COUNTED_UP_TO + 1].count()
    rows, limit = every, filters.native.limit
    if filters.native.cursor is not None:
        rows = rows.filter(pk__lt=filters.native.cursor)
    found = list(with_decision(rows)[filters.offset : filters.offset + limit + 1])
    page = found[:limit]
    return page, {
        "total": min(counted, COUNTED_UP_TO),
        "total_is_more": counted > COUNTED_UP_TO,
        "page": filters.page,
        "page_size": limit,
        "next_cursor": encode_cursor(page[-1].pk) if len(found) > limit else None,
    }


def stored_transaction(row: Transaction) -> StoredTransaction:
    opened = readable_request(row)
    supplied, step = opened.get("supplied", {}), opened.get("extras", {}).get("step")
    identifiers = masked_identifiers(opened)
    payee = identifiers.get("beneficiary_id") or identifiers.get("merchant_id")
    return StoredTransaction(
        transaction_id=row.external_id,
        step=step if type(step) is int else None,  # of other formats it may be anything
        type=row.transaction_type.upper() or None,
        amount=float(row.amount),
        currency=row.currency,
        nameOrig=identifiers.get("user_id"),
        nameDest=payee,
        timestamp=row.occurred_at,
        received_at=row.received_at,
        status=row.decision.status,
        risk_level=row.decision.risk_level,
        **{column: supplied.get(feature) for column, feature in BALANCES.items()},
    )


def stored_prediction(row: Transaction) -> StoredPrediction:
    decision = row.decision
    result = result_of(row.external_id, decision, ruleset=decision.ruleset_number)
    return StoredPrediction(**msgspec.structs.asdict(result), timestamp=decision.decided_at)
