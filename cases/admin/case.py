"""The case's page, and what its buttons do."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from cases.admin.bulk import BulkPages
from cases.admin.parts import CaseParts
from cases.admin.queue import QUEUE, case_url
from cases.admin.reports import ReportPages
from cases.graph.pages import GraphPage
from cases.models import Case
from cases.page.acting import ACTS, IN_TABS, LEAVING, VERDICTS
from cases.page.context import case_context
from cases.queues.reading import next_for
from cases.services.closing import undo
from cases.tasks import close_later
from foundation.admin_parts import demand, found, page, person, visible_institutions
from foundation.errors import Problem
from transactions.sealing import open_reference


def _reference_of(case: Case) -> str:
    return open_reference(case.customer)


@admin.register(Case)
class CaseAdmin(CaseParts, GraphPage, ReportPages, BulkPages):
    page_template = "cases/case.html"
    list_select_related = ("customer", "institution", "assignee", "proposal__requested_by")
    ordering = ("-rank",)
    reveals = {"customer": _reference_of}
    empty_list = (
        "Decisions held for review or declined open a case for their customer, within seconds. "
        "Imported history opens none."
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/do/undo/",
                wrap(require_POST(self.undo_view)),
                name="cases_case_undo",
            ),
            path(
                "<int:pk>/do/<slug:name>/",
                wrap(self.act_view),
                name="cases_case_act",
            ),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def page_context(self, request: HttpRequest, row: Case) -> dict[str, Any]:
        return self._context(request, row)

    def _context(self, request: HttpRequest, row: Case, **more: Any) -> dict[str, Any]:
        context = case_context(row, person(request), request.GET, **more)
        context["reference"] = self.masked(request, row, "customer", context["mask"])
        return {**context, "is_fullwidth": "1"}

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Does what a button says. What is refused is told on the case's page as it is now, with
        everything typed still there. Without a form, as after a reload, it leads to that page."""
        if request.method != "POST":
            return HttpResponseRedirect(case_url(pk))
        act = ACTS.get(name)
        if act is None:
            raise Http404
        case: Case = found(self, request, str(pk))
        demand(request, act.permission)
        form = act.form(request.POST, case=case, user=person(request))
        form.files = request.FILES
        status = 400
        if form.is_valid():
            try:
                done = act.run(form)
            except Problem as problem:
                form.add_error(None, problem.detail)
                status = problem.status
            else:
                return self._go_on(request, case, name, done)
        fresh: Case = found(self, request, str(pk))
        context = self._context(request, fresh, failed=(name, form))
        response = page(self, request, self.page_template, row=fresh, original=fresh, **context)
        response.status_code = status
        return response

    def _go_on(self, request: HttpRequest, case: Case, name: str, done: str) -> HttpResponse:
        if name in VERDICTS:
            close_later(case.pk)
        if name not in LEAVING:
            messages.success(request, done)
            return HttpResponseRedirect(_same_place(request, case, name))
        scope = visible_institutions(person(request))
        following = next_for(person(request), scope, but=case.pk, now=clock.now())
        if following is None:
            messages.success(request, f"{done} Nothing else waits for you.".strip())
            return HttpResponseRedirect(reverse(QUEUE))
        if done:
            messages.success(request, f"{done} This is the next one.")
        return HttpResponseRedirect(case_url(following.pk))

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Takes a verdict back that has not taken effect, and returns to its form as it was."""
        found(self, request, str(pk))
        try:
            entry = undo(case_id=pk, by=person(request))
        except Problem as problem:
            messages.error(request, problem.detail)
            return HttpResponseRedirect(case_url(pk))
        messages.success(request, "Taken back: the case is as it was, and nobody was told.")
        return HttpResponseRedirect(f"{case_url(pk)}?{urlencode({'undone': entry.pk.hex})}")


def _same_place(request: HttpRequest, case: Case, name: str) -> str:
    """The page with the tab that was open, or the one that shows what came of the action."""
    tab = ACTS[name].tab if name in IN_TABS else request.POST.get("tab", "")
    if not tab or not tab.isalpha():
        return case_url(case.pk)
    return f"{case_url(case.pk)}?{urlencode({'tab': tab})}"
