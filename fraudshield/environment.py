"""Typed readers of environment variables: a wrong value stops the start with one clear sentence."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def first(*names: str, default: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Value of the first name that is set; without one, the default or an error naming them."""
    for name in names:
        if environ.get(name):
            return environ[name]
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {' or '.join(names)}.")
    return default


def boolean(*names: str, default: bool) -> bool:
    text = first(*names, default="yes" if default else "no").strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ImproperlyConfigured(f"{names[0]} must be yes or no, not {text!r}.")


def integer(*names: str, default: int, minimum: int = 0, maximum: int = 2**31) -> int:
    text = first(*names, default=str(default))
    try:
        value = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{names[0]} must be a whole number, not {text!r}.") from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(f"{names[0]} must lie between {minimum} and {maximum}.")
    return value


def decimal(*names: str, default: float, minimum: float = 0.0, maximum: float = 1e9) -> float:
    text = first(*names, default=str(default))
    try:
        value = float(text)
    except ValueError:
        raise ImproperlyConfigured(f"{names[0]} must be a number, not {text!r}.") from None
    if not minimum <= value <= maximum:  # also refuses NaN
        raise ImproperlyConfigured(f"{names[0]} must lie between {minimum:g} and {maximum:g}.")
    return value


def choice(*names: str, among: tuple[str, ...], default: str) -> str:
    text = first(*names, default=default).strip().lower()
    if text not in among:
        raise ImproperlyConfigured(f"{names[0]} must be {' or '.join(among)}, not {text!r}.")
    return text


def moment(*names: str) -> float | None:
    """A day or time in ISO 8601 as seconds since 1970, in UTC unless it says otherwise; None when
    it is not set."""
    text = first(*names, default="")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ImproperlyConfigured(f"{names[0]} must be a time like 2026-01-31T14:30Z.") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def words(*names: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in first(*names, default=default).split(",") if word.strip()]


def database(*names: str) -> dict[str, object]:
    """Django's DATABASES entry from a postgresql:// URL."""
    url = urlsplit(first(*names))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{names[0]} must be a postgresql:// URL: PostgreSQL is the only database served."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")) or "fraudshield",
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }
