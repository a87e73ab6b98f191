"""Settings of accounts that would only be noticed by whoever registers."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from clients.accounts.tiers import SUBSCRIPTIONS


@register()
def check_tiers_are_known(**_: Any) -> list[CheckMessage]:
    unknown = sorted(set(settings.ACCOUNT_TIERS) - SUBSCRIPTIONS.keys())
    if not unknown:
        return []
    return [
        Error(
            f"ACCOUNT_TIERS names no tier: {', '.join(unknown)}.",
            hint=f"Take some of {', '.join(SUBSCRIPTIONS)}, in small letters.",
            id="fraudshield.E015",
        )
    ]
