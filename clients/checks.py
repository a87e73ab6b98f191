"""Institutions of the demo, whose key is written to a file, are refused outside demo mode."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from foundation.checks import has_table


@register(Tags.database)
def check_no_demo_institutions(
    databases: Iterable[str] | None = None, **_: Any
) -> list[CheckMessage]:
    from clients.models import Institution

    if settings.DEMO or "default" not in (databases or ()):
        return []
    if not has_table("default", Institution._meta.db_table):
        return []
    slugs = Institution.objects.filter(is_demo=True, is_active=True).values_list("slug", flat=True)
    if shown := ", ".join(slugs[:5]):
        return [
            Error(
                f"Institutions of the demo accept keys: {shown}.",
                hint="Start with an empty database, or deactivate these institutions.",
                id="fraudshield.E008",
            )
        ]
    return []
