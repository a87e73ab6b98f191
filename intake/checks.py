"""Settings of the doors that let in more than one may think."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004


@register(Tags.security)
def check_keyless_calls(**_: Any) -> list[CheckMessage]:
    slug = settings.SENTINEL_KEYLESS_INSTITUTION
    if not slug or settings.DEMO:
        return []
    return [
        Warning(
            "ANYBODY who reaches this server can call the sentinel format WITHOUT A KEY, in the "
            f"name of the institution {slug}: score transactions, and read its figures and rules.",
            hint="Keep its addresses from the outside at your proxy. Give the clients keys and "
            "unset SENTINEL_KEYLESS_INSTITUTION as soon as they can send them.",
            id="fraudshield.W003",
        )
    ]
