"""Feature values as people read them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from features.catalogue import CATALOGUE
from features.types import Type
from foundation.durations import SECONDS, say_duration
from foundation.money import format_money

# Units as they stand behind a number; those that say nothing to a reader are left out.
_UNITS = {
    "kilometres": "km",
    "kilometres an hour": "km/h",
    "degrees": "°",
    "share 0..1": "of 1",
    "points 0..100": "of 100",
    "points": "points",
    "times": "times",
    "standard deviations": "standard deviations",
    "transactions a day": "a day",
    "transactions an hour": "an hour",
    "payments in 30 days": "in 30 days",
}


@dataclass(frozen=True, slots=True)
class ShownFeature:
    """A feature on a page: rounded and with its unit, `exact` as it was stored."""

    name: str
    text: str
    exact: str
    supplied: bool
    doc: str


def shown_features(
    values: Mapping[str, Any], supplied: Collection[str], currency: str
) -> list[ShownFeature]:
    """Features for a reader; `supplied` are the names of those that the client gave."""
    return [
        ShownFeature(
            name,
            readable(name, value, currency),
            feature_text(name, value),
            name in supplied,
            feature.doc if (feature := CATALOGUE.get(name)) else "",
        )
        for name, value in values.items()
    ]


def readable(name: str, value: Any, currency: str) -> str:
    """Rounded and with its unit, as a reader wants it."""
    feature = CATALOGUE.get(name)
    if feature is None or isinstance(value, bool) or not isinstance(value, int | float):
        return feature_text(name, value)
    if feature.type is Type.MONEY:
        return format_money(value, currency)
    if feature.type is Type.TIMESTAMP:
        return feature_text(name, value)
    if feature.unit in SECONDS:
        return say_duration(value, feature.unit)
    return f"{rounded(value)} {_UNITS.get(feature.unit, '')}".rstrip()


def rounded(value: float) -> str:
    """A number to four significant digits; of a large one all whole digits stay.

    >>> rounded(0.0416666666667), rounded(123456.789), rounded(3.0), rounded(-0.222520934)
    ('0.04167', '123,457', '3', '-0.2225')
    """
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e15 else f"{value:.4g}"


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
