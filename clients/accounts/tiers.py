"""Subscription tiers: rows of `clients.models.Tier`, named and limited as documented."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings

from clients.accounts.errors import TierNotOpen
from clients.models import Tier
from foundation.errors import BadRequest, FieldError

SUBSCRIPTIONS: Final[Mapping[str, int]] = {
    "free": 100,
    "basic": 600,
    "premium": 3_000,
    "enterprise": 12_000,
}
"""Requests a minute that a tier begins with; an administrator may change the row afterwards."""

DEFAULT: Final = "free"


def subscription_tier(name: str) -> Tier:
    """The tier's row, made when it is first asked for. Raises KeyError for another name."""
    rate = SUBSCRIPTIONS[name]
    return Tier.objects.get_or_create(name=name, defaults={"requests_per_minute": rate})[0]


def chosen_name(text: str) -> str:
    """The tier that a registration may have. Empty is the default; capitals mean nothing.

    Raises BadRequest for an unknown one, TierNotOpen for one that only the operator gives.
    """
    name = text.strip().lower() or DEFAULT
    if name not in SUBSCRIPTIONS:
        message = f"must be one of {', '.join(SUBSCRIPTIONS)}"
        error = FieldError("subscription_tier", message, "choice")
        raise BadRequest(f"subscription_tier {message}.", type="invalid-fields", errors=[error])
    if name != DEFAULT and name not in settings.ACCOUNT_TIERS:
        raise TierNotOpen(name)
    return name
