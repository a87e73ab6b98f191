"""Feature values as people read them."""

from datetime import UTC, datetime
from typing import Any

from features.catalogue import CATALOGUE
from features.types import Type


def feature_text(name: str, value: Any) -> str:
    """A feature's value in words: yes and no, thousands separated, times in UTC, hashes shortened.

    >>> feature_text("ip_is_vpn", True), feature_text("amount", 347536.06)
    ('yes', '347,536.06')
    >>> feature_text("account_age_days", 5.0), feature_text("occurred_at", 0.0)
    ('5', '1970-01-01 00:00:00 UTC')
    """
    feature = CATALOGUE.get(name)
    kind = feature.type if feature else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind is Type.TIMESTAMP and isinstance(value, float):
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, float):
        return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    if kind is Type.IDENTIFIER:
        return f"hash {str(value)[:10]}…"
    return str(value)


def feature_texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: feature_text(name, value) for name, value in values.items()}
