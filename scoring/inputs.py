"""The one typed transaction that every door decodes into and the pipeline reads."""

import sys
from typing import Any, Final

import msgspec

from features.framework import Value

WEBHOOK_FIELD: Final = "x_webhook_url"
"""The extra field that keeps the header X-Webhook-URL with the transaction."""


class TransactionInput(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A decoded transaction, in native terms: names canonical, values typed and within bounds.

    Defaults are left out when it is encoded, so that a field added later does not change what
    earlier requests look like: their repeats must still be found equal.

    `user_id` and `identifiers` (email, phone, ip_address, device_id ... by feature name) are
    personal data in normal form (`features.identifiers.normal_form`): they are sealed for storage
    and hashed for look-up, and nothing else.
    """

    user_id: str
    amount: float
    transaction_id: str | None = None
    vertical: str = "payments"
    transaction_type: str | None = None
    currency: str | None = None
    occurred_at: float | None = None  # epoch seconds; None: the time of receipt
    utc_offset_minutes: float | None = None  # of the customer's clock, when the client told it
    use_ml: bool = True
    card_last_four: str | None = None
    identifiers: dict[str, str] = {}
    supplied: dict[str, Value] = {}
    extras: dict[str, Any] = {}

    def packed(self) -> bytes:
        """Canonical bytes of all decoded fields: equal for the same request in another order."""
        # A default is left out when it is the very same object, which a decoded text never is.
        same = msgspec.structs.replace(self, vertical=sys.intern(self.vertical))
        return msgspec.msgpack.encode(same, order="deterministic")
