"""Admin pages that show a row instead of editing it."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from foundation.admin_pages import page
from foundation.admin_parts import ReadOnlyModelAdmin, RevealMixin, ScopedModelAdmin


class FactAdmin(ReadOnlyModelAdmin, ScopedModelAdmin):
    """Rows of an institution that nobody edits, in the one order that an index serves."""

    sortable_by = ()


class FactPageAdmin(RevealMixin, FactAdmin):
    """A row with a page of its own: `page_template` with what `page_context` returns.

    A row of another institution is as absent as one that never was.
    """

    page_template = ""

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row: Model | None = self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {"title": str(row), **self.page_context(request, row)}
        return page(self, request, self.page_template, row=row, original=row, **context)
