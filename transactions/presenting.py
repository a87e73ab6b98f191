"""Identifiers as they are shown: masked, by kind."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from foundation.crypto import TamperedValue, UnknownKeyVersion
from foundation.masking import DOTS, mask_email, mask_identifier, mask_ip, mask_phone
from transactions.models import Identified, Transaction
from transactions.sealing import open_reference, open_request

log = logging.getLogger(__name__)


# Fields of a request that are features under this name.
_GIVEN: Mapping[str, str] = {
    "user_id": "user_id",
    "amount": "amount",
    "currency": "currency",
    "vertical": "industry",
    "transaction_type": "transaction_type",
    "occurred_at": "occurred_at",
}


def _hidden(_: str) -> str:
    return DOTS


_MASKS: Mapping[str, Callable[[str], str]] = {
    "email": mask_email,
    "phone": mask_phone,
    "ip_address": mask_ip,
    "registered_address": _hidden,
    "transaction_address": _hidden,
    "bvn": _hidden,
}


def mask(name: str, value: str) -> str:
    """One identifier feature's value, masked.

    >>> mask("email", "ada@example.com"), mask("device_id", "device-1815")
    ('a••••@example.com', 'dev••••15')
    """
    return _MASKS.get(name, mask_identifier)(value)


def readable_request(transaction: Transaction) -> dict[str, Any]:
    """The request as it was received; nothing when its key is gone or it was tampered with, so
    that one such row does not take a whole list away. Holds personal data."""
    try:
        return open_request(transaction)
    except (UnknownKeyVersion, TamperedValue) as error:
        log.error("transaction %s does not open: %s", transaction.pk, type(error).__name__)
        return {}


def supplied_names(request: Mapping[str, Any]) -> frozenset[str]:
    """Names of the features that the client gave in an opened request."""
    given = {name for name in _GIVEN if request.get(name) is not None}
    named = {_GIVEN[name] for name in given}
    return frozenset({*request.get("supplied", {}), *request.get("identifiers", {}), *named})


def masked_identifiers(request: Mapping[str, Any]) -> dict[str, str]:
    """All identifiers of an opened request, masked."""
    known = {"user_id": request.get("user_id"), **request.get("identifiers", {})}
    return {name: mask(name, str(value)) for name, value in known.items() if value is not None}


def masked_reference(identity: Identified) -> str:
    """The reference of a customer, device or card, masked; nothing of one that does not open."""
    try:
        return mask_identifier(open_reference(identity))
    except (UnknownKeyVersion, TamperedValue) as error:
        log.error("%s does not open: %s", identity, type(error).__name__)
        return DOTS
