"""What reads answer: stored facts as JSON, with every identifier masked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cases.queries import current_statuses
from features.catalogue import CATALOGUE
from features.framework import Value
from features.types import Type
from features.vector import unpack
from intake.filters import encode_cursor
from intake.formats.native import NativeAnswer, native_answer
from intake.queries import Page
from scoring.answers import answer_of
from scoring.models import Decision
from transactions.models import Transaction
from transactions.presenting import masked_identifiers, readable_request

Features = dict[str, dict[str, Value]]


class DecisionRead(NativeAnswer, frozen=True, kw_only=True):
    """A decision as it was answered, with what it was decided on.

    `status` never changes; `current_status` is what a reviewer has made of it since. `features`
    holds the known values by category; the keyed hashes of identifiers are left out.
    """

    current_status: str
    catalogue_version: int
    features: Features


class CardRead(msgspec.Struct, frozen=True):
    bin: str | None
    last_four: str | None


class TransactionRead(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction with the outcome of its decision. Times UTC; `amount` in `currency`."""

    transaction_id: str
    user_id: str | None
    amount: float
    currency: str
    industry: str
    transaction_type: str | None
    occurred_at: datetime
    received_at: datetime
    source: str
    identifiers: dict[str, str]
    card: CardRead | None
    status: str
    current_status: str
    fraud_score: int
    risk_level: str


class TransactionDetail(TransactionRead, frozen=True, kw_only=True):
    """The same with the features that the client supplied and the names of its unknown fields."""

    supplied: dict[str, Any]
    extra_fields: list[str]


class TransactionPage(msgspec.Struct, frozen=True):
    """Newest arrival first. `next_cursor` is null on the last page."""

    results: list[TransactionRead]
    next_cursor: str | None


def present_decision(decision: Decision) -> DecisionRead:
    """One query, for the reviewer's word."""
    answer = answer_of(decision, decision.transaction.external_id, replayed=True)
    current = current_statuses([decision.pk])
    native = native_answer(answer)
    return DecisionRead(
        **{name: getattr(native, name) for name in native.__struct_fields__},
        current_status=current.get(decision.pk, decision.status),
        catalogue_version=decision.catalogue_version,
        features=_by_category(decision),
    )


def present_transaction(transaction: Transaction) -> TransactionDetail:
    """One query, for the reviewer's word."""
    opened = readable_request(transaction)
    return TransactionDetail(
        **_common(transaction, opened, current_statuses([transaction.pk])),
        supplied=opened.get("supplied", {}),
        extra_fields=sorted(opened.get("extras", {})),
    )


def present_page(page: Page) -> TransactionPage:
    """One query, for what reviewers said of these rows."""
    current = current_statuses([row.pk for row in page.rows])
    return TransactionPage(
        [TransactionRead(**_common(row, readable_request(row), current)) for row in page.rows],
        encode_cursor(page.last) if page.last else None,
    )


def _common(
    transaction: Transaction, opened: Mapping[str, Any], current: Mapping[UUID, str]
) -> dict[str, Any]:
    decision = transaction.decision
    identifiers = masked_identifiers(opened)
    return {
        "transaction_id": transaction.external_id,
        "user_id": identifiers.pop("user_id", None),
        "amount": float(transaction.amount),
        "currency": transaction.currency,
        "industry": transaction.vertical,
        "transaction_type": transaction.transaction_type or None,
        "occurred_at": transaction.occurred_at,
        "received_at": transaction.received_at,
        "source": transaction.source,
        "identifiers": identifiers,
        "card": _card(transaction),
        "status": decision.status,
        "current_status": current.get(transaction.pk, decision.status),
        "fraud_score": decision.fraud_score,
        "risk_level": decision.risk_level,
    }


def _card(transaction: Transaction) -> CardRead | None:
    card = transaction.card
    return None if card is None else CardRead(card.bin or None, card.last_four or None)


def _by_category(decision: Decision) -> Features:
    values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
    known: Features = {}
    for feature, value in zip(CATALOGUE.features, values, strict=True):
        if value is not None and feature.type is not Type.IDENTIFIER:
            known.setdefault(feature.category, {})[feature.name] = value
    return known
