"""What moved a model, in short codes for clients."""

from collections.abc import Mapping
from typing import Final

from features.catalogue import CATALOGUE

MOST: Final = 3

# The codes that clients of the older systems know; any other feature is called by its own name.
_CODES: Final[Mapping[str, str]] = {
    "amount": "high_amount",
    "amount_log10": "high_amount",
    "amount_zscore": "high_amount",
    "account_age_days": "new_account",
    "account_age_log10": "new_account",
    "ip_is_vpn": "vpn_usage",
    "anonymity_signals": "vpn_usage",
}
_VELOCITY: Final = "high_velocity"


def code_of(feature: str) -> str:
    """
    >>> [code_of(name) for name in ("amount", "transactions_last_hour", "card_bin")]
    ['high_amount', 'high_velocity', 'card_bin']
    """
    if code := _CODES.get(feature):
        return code
    declared = CATALOGUE.get(feature)
    if declared is not None and declared.windowed is not None and declared.unit == "count":
        return _VELOCITY
    return feature


def top_codes(moved_by: Mapping[str, float]) -> list[str]:
    """The codes of what raised the score most; features of one code count together."""
    raised: dict[str, float] = {}
    for name, share in moved_by.items():
        code = code_of(name)
        raised[code] = raised.get(code, 0.0) + share
    ordered = sorted(raised, key=lambda code: (-raised[code], code))
    return [code for code in ordered[:MOST] if raised[code] > 0]
