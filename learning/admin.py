"""The archive's state and its files, read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import ReadOnlyModelAdmin, display, relative_time
from learning.archive.status import COUNTED_UP_TO, archive_status
from learning.archive.store import shown_url
from learning.models import ArchiveFile
from learning.registry import admin as models_admin  # noqa: F401  registers when imported
from learning.weights import admin as weights_admin  # noqa: F401  the same


def _number(text: str) -> SafeString:
    return format_html('<span class="fs-number">{}</span>', text)


@admin.register(ArchiveFile)
class ArchiveFileAdmin(ReadOnlyModelAdmin):
    """A list under the archive's figures; all of them are computed when the page is asked for."""

    empty_list = "Decisions are written to files within a minute; each file stands here."

    list_before_template = "learning/archive_status.html"
    list_display = ("when", "decisions", "bytes", "version", "state", "written", "name")
    list_display_links = None
    list_filter = ("state",)
    ordering = ("-day", "-last_serial")
    sortable_by = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "Archive",
            "status": archive_status(),
            "counted_up_to": COUNTED_UP_TO,
            "url": shown_url(),
        }
        page: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return page

    @display(description="Day")
    def when(self, file: ArchiveFile) -> str:
        return file.day.isoformat()

    @display(description="Decisions")
    def decisions(self, file: ArchiveFile) -> SafeString:
        return _number(f"{file.rows:,}")

    @display(description="Size")
    def bytes(self, file: ArchiveFile) -> SafeString:
        return _number(filesizeformat(file.size))

    @display(description="Catalogue")
    def version(self, file: ArchiveFile) -> str:
        return f"version {file.catalogue_version}"

    @display(description="Written")
    def written(self, file: ArchiveFile) -> str:
        return relative_time(file.written_at)

    @display(description="File")
    def name(self, file: ArchiveFile) -> SafeString:
        return format_html('<span class="fs-id">{}</span>', file.path.rpartition("/")[2])
