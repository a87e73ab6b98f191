"""The queue: cases as a list, and "Claim next"."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from cases.forms import QueueForm
from cases.presenting import queue_context
from cases.queue import Asked, cases_asked_for, queue_page
from cases.working import WORK, claim_next
from clients.models import Institution
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import demand, page, person, visible_institutions
from rules.models import Vertical

QUEUE = "admin:cases_case_changelist"


def case_url(pk: int) -> str:
    return reverse("admin:cases_case_change", args=[pk])


class QueuePages(FactPageAdmin):
    """Of the admin of cases: what has to do with many of them."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "claim-next/",
                wrap(require_POST(self.claim_next_view)),
                name="cases_case_claim_next",
            ),
        ]
        return [*own, *super().get_urls()]

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
