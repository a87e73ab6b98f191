"""Settings of this room that would only fail later."""

from typing import Any

from django.core.checks import CheckMessage, Error, register


@register()
def check_archive_url(**_: Any) -> list[CheckMessage]:
    from learning.archive.store import archive_store, shown_url

    try:
        archive_store()
    except (ImportError, ValueError) as error:
        return [
            Error(
                f"ARCHIVE_URL {shown_url()} cannot be used: {error}",
                hint="Name a directory, or install the driver: s3fs for s3://, gcsfs for gs://, "
                "adlfs for abfs://.",
                id="learning.E001",
            )
        ]
    return []
