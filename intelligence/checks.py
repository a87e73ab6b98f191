"""System checks: settings of this room that would quietly leave features missing."""

from typing import Any

import maxminddb
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004

from intelligence.enrichment.places import open_file


@register()
def check_geoip_files(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for path in settings.GEOIP_DATABASE:
        try:
            open_file(path).close()
        except OSError as error:
            found.append(_warning(path, error.strerror or str(error)))
        except (ValueError, maxminddb.InvalidDatabaseError):
            found.append(_warning(path, "it is no MMDB file, or a broken one"))
    return found


def _warning(path: str, what: str) -> CheckMessage:
    return Warning(
        f"GEOIP_DATABASE: {path} cannot be read: {what}. Its features are missing.",
        hint="Name an MMDB file that this process may read, or leave the setting empty.",
        id="fraudshield.W002",
    )
