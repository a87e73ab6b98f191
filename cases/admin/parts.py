"""Parts of a case's page that are fetched by themselves: tabs, the small graph, files."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header

from cases.files.attachments import content_of
from cases.files.storing import Damaged
from cases.models import Attachment, Case
from cases.page.context import tab_context
from cases.page.tabs import linked, may_see, template_of
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import found, person


class CaseParts(FactPageAdmin):
    """Of the admin of cases: what belongs to one case and is not its whole page."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/tab/<slug:name>/", wrap(self.tab_view), name="cases_case_tab"),
            path("<int:pk>/linked/", wrap(self.linked_view), name="cases_case_linked"),
            path("<int:pk>/files/<uuid:file>/", wrap(self.file_view), name="cases_case_file"),
        ]
        return [*own, *super().get_urls()]

    def tab_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One tab without the page around it."""
        case: Case = found(self, request, str(pk))
        user = person(request)
        if not may_see(name, user):
            raise Http404
        context = tab_context(case, user, request.GET, name)
        return self._fragment(request, template_of(name), context)

    def linked_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case: Case = found(self, request, str(pk))
        context = {"case": case, **linked(case)}
        return self._fragment(request, "cases/parts/graph.html", context)

    def _fragment(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        response = TemplateResponse(request, template, context).render()
        add_never_cache_headers(response)
        return response

    def file_view(self, request: HttpRequest, pk: int, file: Any) -> HttpResponse:
        """A file as a download, never shown in the page's place; each is written down."""
        case: Case = found(self, request, str(pk))
        rows = Attachment.objects.filter(case=case).select_related("case")
        row = rows.filter(pk=file).first()
        if row is None:
            raise Http404
        try:
            content = content_of(row, to=person(request))
        except Damaged as problem:
            messages.error(request, f"{row.name}: {problem.detail}")
            page = reverse("admin:cases_case_change", args=[case.pk])
            return HttpResponseRedirect(f"{page}?tab=files#tabs")
        response = HttpResponse(content, content_type=row.media_type)
        response.headers["Content-Disposition"] = content_disposition_header(True, row.name) or ""
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        add_never_cache_headers(response)
        return response
