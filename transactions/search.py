"""Find transactions by something that a person knows exactly: an id, an address, a number."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from features.identifiers import PURPOSES, normal_form
from foundation.crypto import keyed_hashes
from transactions.models import Card, Customer, Device, Transaction, TransactionKey

MAX_FOUND = 500

_IDENTITIES = (
    ("customer", Customer, "user_id"),
    ("device", Device, "device_id"),
    ("card", Card, "card_token"),
)
_IDENTIFIERS: Mapping[Any, str] = {model: identifier for _, model, identifier in _IDENTITIES}
_COLUMNS = (("email_hash", "email"), ("phone_hash", "phone"), ("ip_hash", "ip_address"))


def search(text: str, institution_ids: Iterable[int]) -> QuerySet[Transaction]:
    """Transactions whose id, customer, device, card, e-mail, phone or IP is exactly `text`.

    Up to seven small index look-ups, at most MAX_FOUND results; no text is ever searched in clear.
    """
    scope = list(institution_ids)
    found: set[UUID] = set(
        TransactionKey.objects.filter(
            institution_id__in=scope, kind=TransactionKey.Kind.TRANSACTION, key=text
        ).values_list("transaction_id", flat=True)
    )
    for name, model, identifier in _IDENTITIES:
        known = model.objects.filter(
            institution_id__in=scope, reference_hash__in=_hashes(identifier, text)
        )
        found.update(_some(Q(**{f"{name}__in": list(known)})))
    for column, identifier in _COLUMNS:
        condition = {f"{column}__in": _hashes(identifier, text), "institution_id__in": scope}
        found.update(_some(Q(**condition)))
    return Transaction.objects.filter(pk__in=found)


def search_identities(
    rows: QuerySet[Any], text: str, institution_ids: Iterable[int]
) -> QuerySet[Any]:
    """Those of the customers, devices or cards whose reference is exactly `text`, by its hash."""
    identifier = _IDENTIFIERS[rows.model]
    return rows.filter(
        institution_id__in=list(institution_ids), reference_hash__in=_hashes(identifier, text)
    )


def _some(condition: Q) -> QuerySet[Transaction, UUID]:
    return Transaction.objects.filter(condition).values_list("pk", flat=True)[:MAX_FOUND]


def _hashes(identifier: str, text: str) -> list[bytes]:
    form = normal_form(identifier, text)
    return keyed_hashes(form, PURPOSES[identifier]) if form else []
