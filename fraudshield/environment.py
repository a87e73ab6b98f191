"""Typed readers of environment variables: a wrong value stops the start with one clear sentence."""

import os
from collections.abc import Mapping
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
