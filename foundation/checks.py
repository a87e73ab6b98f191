"""Dangerous combinations of settings, refused at the start."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from foundation.crypto import parse_keys
from foundation.rekey import locked_models

_WORDS_OF_EXAMPLES = ("demo", "development", "insecure", "change", "example", "secret-key")
_RANDOM_KEY_VARIETY = 16  # different bytes; 32 random ones have 28 or more, examples fewer


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"fraudshield.E{number:03}")


@register(Tags.security)
def check_keys(**_: Any) -> list[CheckMessage]:
    try:
        masters = parse_keys(settings.FRAUDSHIELD_KEYS)
    except ImproperlyConfigured as error:
        hint = 'Set FRAUDSHIELD_KEYS="1:$(openssl rand -base64 32)".'
        return [_error(1, str(error), hint)]
    weak = [version for version, key in masters.items() if len(set(key)) < _RANDOM_KEY_VARIETY]
    if weak and not settings.DEMO:
        return [
            _error(
                2,
                f"FRAUDSHIELD_KEYS: key {weak[0]} is an example, not a random key.",
                "Make one with: openssl rand -base64 32",
            )
        ]
    return []


@register(Tags.security)
def check_secrets(**_: Any) -> list[CheckMessage]:
    if settings.DEMO:
        return []
    secret = settings.SECRET_KEY.lower()
    if len(secret) < 50 or any(word in secret for word in _WORDS_OF_EXAMPLES):
        return [
            _error(
                3,
                "SECRET_KEY is shorter than 50 characters or an example.",
                "Make one with: openssl rand -base64 48",
            )
        ]
    return []


@register(Tags.security)
def check_modes(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DEMO and settings.ENVIRONMENT == "production":
        found.append(_error(4, "DEMO is on in production.", "Unset DEMO, or set ENVIRONMENT=demo."))
    if settings.DEMO:
        return found
    if settings.DEBUG:
        found.append(_error(5, "DEBUG is on outside demo mode.", "Unset DEBUG."))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            _error(6, "ALLOWED_HOSTS lets in any host.", "List the names that this server has.")
        )
    if not settings.HTTPS:
        found.append(
            Warning(
                "Cookies and API keys may travel unencrypted.",
                hint="Serve over TLS and set HTTPS=yes (with BEHIND_PROXY=yes behind a proxy).",
                id="fraudshield.W001",
            )
        )
    if settings.TWO_FACTOR != "required":
        found.append(
            Warning(
                "A password alone lets staff into the admin.",
                hint="Set TWO_FACTOR=required, and let everybody enrol at the next sign-in.",
                id="fraudshield.W004",
            )
        )
    return found


@register(Tags.database)
def check_no_demo_users(databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    from foundation.models import User

    if settings.DEMO or "default" not in (databases or ()):
        return []
    if not has_table("default", User._meta.db_table):
        return []
    names = User.objects.filter(is_demo=True, is_active=True).values_list("username", flat=True)
    if shown := ", ".join(names[:5]):
        return [
            _error(
                7,
                f"Users of the demo, whose passwords are known, can sign in: {shown}.",
                "Start with an empty database, or deactivate these users.",
            )
        ]
    return []


@register(Tags.database)
def check_keys_open_what_is_stored(
    databases: Iterable[str] | None = None, **_: Any
) -> list[CheckMessage]:
    if "default" not in (databases or ()):
        return []
    if locked := locked_models():
        return [
            _error(
                9,
                f"FRAUDSHIELD_KEYS does not open what is stored: {', '.join(locked)}.",
                "Give back the keys that this database was written with, each under its number.",
            )
        ]
    return []


def has_table(alias: str, table: str) -> bool:
    """Whether the table exists: before the first migrate there is nothing to check."""
    return table in connections[alias].introspection.table_names()
