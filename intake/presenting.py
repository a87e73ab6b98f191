"""What reads answer: stored facts as JSON, with every identifier masked."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from features.catalogue import CATALOGUE
from features.framework import Value
from features.types import Type
from features.vector import unpack
from foundation.crypto import TamperedValue, UnknownKeyVersion
from foundation.masking import DOTS, mask_email, mask_identifier, mask_ip, mask_phone
from intake.filters import encode_cursor
from intake.formats.native import NativeAnswer, native_answer
from intake.queries import Page
from scoring.answers import answer_of
from scoring.models import Decision
from transactions.models import Transaction
from transactions.sealing import open_request

log = logging.getLogger(__name__)

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
    answer = answer_of(decision, decision.transaction.external_id, replayed=True)
    native = native_answer(answer)
    return DecisionRead(
        **{name: getattr(native, name) for name in native.__struct_fields__},
        current_status=answer.current_status,
        catalogue_version=decision.catalogue_version,
        features=_by_category(decision),
    )


def present_transaction(transaction: Transaction) -> TransactionDetail:
    opened = _opened(transaction)
    return TransactionDetail(
        **_common(transaction, opened),
        supplied=opened.get("supplied", {}),
        extra_fields=sorted(opened.get("extras", {})),
    )


def present_page(page: Page) -> TransactionPage:
    return TransactionPage(
        [TransactionRead(**_common(row, _opened(row))) for row in page.rows],
        encode_cursor(page.last) if page.last else None,
    )


def mask(name: str, value: str) -> str:
    """An identifier as it may be shown, by the name of its field."""
    return _MASKS.get(name, mask_identifier)(value)


def _hidden(_: str) -> str:
    return DOTS


_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    "email": mask_email,
    "phone": mask_phone,
    "ip_address": mask_ip,
    "registered_address": _hidden,
    "transaction_address": _hidden,
    "bvn": _hidden,
}


def _common(transaction: Transaction, opened: Mapping[str, Any]) -> dict[str, Any]:
    decision = transaction.decision
    user_id = opened.get("user_id")
    identifiers = opened.get("identifiers", {})
    return {
        "transaction_id": transaction.external_id,
        "user_id": mask_identifier(user_id) if user_id else None,
        "amount": float(transaction.amount),
        "currency": transaction.currency,
        "industry": transaction.vertical,
        "transaction_type": transaction.transaction_type or None,
        "occurred_at": transaction.occurred_at,
        "received_at": transaction.received_at,
        "source": transaction.source,
        "identifiers": {name: mask(name, value) for name, value in identifiers.items()},
        "card": _card(transaction),
        "status": decision.status,
        "current_status": decision.status,
        "fraud_score": decision.fraud_score,
        "risk_level": decision.risk_level,
    }


def _card(transaction: Transaction) -> CardRead | None:
    card = transaction.card
    return None if card is None else CardRead(card.bin or None, card.last_four or None)


def _opened(transaction: Transaction) -> dict[str, Any]:
    """What was sealed with the transaction; nothing when its key is gone or it was tampered with,
    so that one such row does not take a whole page away."""
    try:
        return open_request(transaction)
    except (UnknownKeyVersion, TamperedValue) as error:
        log.error("transaction %s does not open: %s", transaction.pk, type(error).__name__)
        return {}


def _by_category(decision: Decision) -> Features:
    values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
    known: Features = {}
    for feature, value in zip(CATALOGUE.features, values, strict=True):
        if value is not None and feature.type is not Type.IDENTIFIER:
            known.setdefault(feature.category, {})[feature.name] = value
    return known
