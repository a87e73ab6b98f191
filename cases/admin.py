"""The analyst's pages: the queue, and the case."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from cases.acting import ACTS, LEAVING
from cases.forms import QueueForm
from cases.models import Case
from cases.presenting import case_context, queue_context
from cases.queue import Asked, cases_asked_for, next_for, queue_page
from cases.working import WORK, claim_next
from clients.models import Institution
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import demand, found, page, person, visible_institutions
from foundation.errors import Problem
from rules.models import Vertical
from transactions.sealing import open_reference

QUEUE = "admin:cases_case_changelist"


def case_url(pk: int) -> str:
    return reverse("admin:cases_case_change", args=[pk])


def _reference_of(case: Case) -> str:
    return open_reference(case.customer)


@admin.register(Case)
class CaseAdmin(FactPageAdmin):
    page_template = "cases/case.html"
    list_select_related = ("customer", "institution", "assignee")
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
                "claim-next/",
                wrap(require_POST(self.claim_next_view)),
                name="cases_case_claim_next",
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

    # -- the queue ----------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page of the queue. Four queries besides the frame's and the scope's."""
        demand(request, "cases.view_case")
        now = clock.now()
        form = self._queue_form(request, request.GET)
        if not form.is_valid():
            messages.warning(request, f"Not a filter, so left out: {', '.join(form.errors)}.")
        user, scope = person(request), visible_institutions(person(request))
        asked = form.asked()
        cases = cases_asked_for(asked, by=user, scope=scope, now=now)
        number = request.GET.get("page", "1")
        found = queue_page(
            cases, number=int(number) if number.isdecimal() and len(number) < 6 else 1, now=now
        )
        context = queue_context(form, asked, found, request.GET)
        context["nothing"] = self.nothing_here(request)
        context["may_work"] = user.has_perm(WORK)
        return page(self, request, "cases/queue.html", title="Cases", is_fullwidth="1", **context)

    def _queue_form(self, request: HttpRequest, data: QueryDict) -> QueueForm:
        scope = visible_institutions(person(request))
        institutions = Institution.objects.order_by("name")
        if scope is not None:
            institutions = institutions.filter(pk__in=scope)
        return QueueForm(
            data,
            verticals=list(Vertical.objects.values_list("code", flat=True)),
            institutions=list(institutions.values_list("pk", "name")),
        )

    def claim_next_view(self, request: HttpRequest) -> HttpResponse:
        """Takes the most valuable unclaimed case that the queue's filters leave."""
        demand(request, WORK)
        form = self._queue_form(request, request.POST)
        asked = form.asked() if form.is_valid() else Asked()
        which = asked.for_claiming(visible_institutions(person(request)))
        case = claim_next(by=person(request), which=which)
        if case is None:
            messages.info(request, "Nothing waits here: every case is claimed, snoozed or closed.")
            return HttpResponseRedirect(reverse(QUEUE))
        return HttpResponseRedirect(case_url(case.pk))

    # -- the case -----------------------------------------------------------------------------

    def page_context(self, request: HttpRequest, row: Case) -> dict[str, Any]:
        return self._context(request, row)

    def _context(self, request: HttpRequest, row: Case, **more: Any) -> dict[str, Any]:
        context = case_context(row, person(request), **more)
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
        if name not in LEAVING:
            messages.success(request, done)
            return HttpResponseRedirect(case_url(case.pk))
        scope = visible_institutions(person(request))
        following = next_for(person(request), scope, but=case.pk, now=clock.now())
        if following is None:
            messages.success(request, f"{done} Nothing else waits for you.")
            return HttpResponseRedirect(reverse(QUEUE))
        messages.success(request, f"{done} This is the next one.")
        return HttpResponseRedirect(case_url(following.pk))
