"""Every other name under which a field may be given, and what it stands for.

A name stands for one field only. Given under two names, a field must have the same value twice.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from features.catalogue import CATALOGUE
from features.errors import DefinitionError

# Fields of a request that are no features.
REQUEST_FIELDS = frozenset({"transaction_id", "use_ml", "card_last_four"})

_NAMES = {
    # address
    "is_vpn": "ip_is_vpn",
    "is_vpn_detected": "ip_is_vpn",
    "is_proxy": "ip_is_proxy",
    "is_proxy_detected": "ip_is_proxy",
    "is_tor": "ip_is_tor",
    "is_tor_exit_node": "ip_is_tor",
    "is_datacenter": "ip_is_datacenter",
    "ip_is_from_datacenter": "ip_is_datacenter",
    "ip_is_shared_brownstone": "ip_is_shared",
    "ip_is_residential_proxy": "is_residential_proxy",
    "ip_reputation": "ip_reputation_score",
    "accounts_from_same_ip": "same_ip_account_count",
    # identity
    "customer_id": "user_id",
    "user_email": "email",
    "user_phone": "phone",
    "phone_number": "phone",
    "phone_country_code": "phone_country",
    "user_country": "country",
    "kyc_verified": "id_verified",
    # behaviour
    "recent_failed_login_attempts": "failed_login_attempts",
    "last_transaction_timestamp": "last_transaction_at",
    "daily_transaction_count": "transactions_last_day",
    "average_transaction_amount": "avg_transaction_amount",
    # transaction
    "timestamp": "occurred_at",
    "transaction_timestamp": "occurred_at",
    "vertical": "industry",
    "is_recurring": "is_recurring_payment",
    "transaction_is_cash_advance": "is_cash_advance",
    "transaction_is_international": "international_transaction",
    "merchant_category_is_gambling": "is_gambling",
    # device
    "new_device": "device_is_new",
    "browser": "browser_type",
    "os": "os_type",
    "device_fingerprint": "current_device_fingerprint",
    # merchant and card
    "merchant_mcc": "merchant_category_code",
    "mcc": "merchant_category_code",
    "new_merchant": "merchant_is_new",
    "restricted_merchant": "merchant_restricted",
    "bin_risk": "card_bin_risk",
    "prepaid": "card_prepaid",
    "virtual": "card_virtual",
    "card_bin_number": "card_bin",
    "card_last4": "card_last_four",
}

ALIASES: Mapping[str, str] = {**_NAMES, **{f.name: f.same_as for f in CATALOGUE if f.same_as}}


class Conflict(NamedTuple):
    """One field that was given under two names with different values."""

    field: str
    names: tuple[str, str]

    @property
    def message(self) -> str:
        first, second = self.names
        return f"{first} and {second} are names of one field, but their values differ"


def canonicalise(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Conflict]]:
    """The fields under their own names, and the conflicts between names of one field.

    A null stands back for a value under another name. Unknown names are kept as they are.
    """
    if ALIASES.keys().isdisjoint(raw):
        return dict(raw), []
    fields: dict[str, Any] = {}
    given_as: dict[str, str] = {}
    conflicts = []
    for name, value in raw.items():
        field = ALIASES.get(name, name)
        if field not in fields or fields[field] is None:
            fields[field] = value
            given_as[field] = name
        elif value is not None and not _agree(fields[field], value):
            conflicts.append(Conflict(field, (given_as[field], name)))
    return fields, conflicts


def _agree(one: object, other: object) -> bool:
    """Whether two values are equal, and true is not taken for 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _check() -> None:
    for name, field in ALIASES.items():
        if field not in CATALOGUE and field not in REQUEST_FIELDS:
            raise DefinitionError(f"{name}: stands for {field}, which is no field")
        feature = CATALOGUE.get(name)
        if feature is not None and feature.same_as != field:
            raise DefinitionError(f"{name}: is a feature and cannot stand for {field}")


_check()
