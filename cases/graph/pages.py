"""The page of a case's graph."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from cases.graph.presenting import graph_of
from cases.models import Case
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import found, page
from transactions.presenting import masked_reference


class GraphPage(FactPageAdmin):
    """Adds `<case>/graph/` to the admin of cases. Nodes in `?expand=` show their neighbours."""

    def get_urls(self) -> list[URLPattern]:
        route = path(
            "<int:pk>/graph/",
            self.admin_site.admin_view(self.graph_view),
            name="cases_case_graph",
        )
        return [route, *super().get_urls()]

    def graph_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case: Case = found(self, request, str(pk))
        context: dict[str, Any] = {
            "title": f"Linked with case {case.pk}",
            "case": case,
            "mask": masked_reference(case.customer),
            "graph": graph_of(case, expand=request.GET.getlist("expand")),
            "expanded": bool(request.GET.getlist("expand")),
            "is_fullwidth": "1",
        }
        return page(self, request, "cases/graph.html", row=case, original=case, **context)
