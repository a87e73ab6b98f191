"""Settings of this room that would only fail later."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_archive_url(**_: Any) -> list[CheckMessage]:
    """Whether there is a driver. Whether the server is there is not asked: it may come later."""
    import fsspec

    from learning.archive.store import shown_url

    try:
        fsspec.get_filesystem_class(fsspec.utils.get_protocol(settings.ARCHIVE_URL))
    except (ImportError, ValueError) as error:
        return [
            Error(
                f"ARCHIVE_URL {shown_url()} cannot be used: {error}",
                hint="Name a directory, or install the driver: s3fs for s3://, gcsfs for gs://, "
                "adlfs for abfs://.",
                id="fraudshield.E010",
            )
        ]
    return []
