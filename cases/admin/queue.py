"""The queue: cases as a list, saved queues beside it, a look at a case, and "Claim next"."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from cases.models import Case, Queue
from cases.queries import people_who_work
from cases.queues.form import QueueForm
from cases.queues.presenting import queue_context
from cases.queues.reading import cases_asked_for, preview_of, queue_page
from cases.queues.saved import change_queue, counted, delete_queue, keep_queue, queues_of
from cases.services.working import SUPERVISE, WORK, claim_next
from clients.models import Institution
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import demand, found, page, person, visible_institutions
from foundation.errors import Problem
from rules.models import Vertical

QUEUE = "admin:cases_case_changelist"


def case_url(pk: int) -> str:
    return reverse("admin:cases_case_change", args=[pk])


def queue_url(pairs: list[tuple[str, str]]) -> str:
    return f"{reverse(QUEUE)}?{urlencode(pairs)}" if pairs else reverse(QUEUE)


def queue_form(request: HttpRequest, data: QueryDict, **more: Any) -> QueueForm:
    """The filters that the person may choose from; three queries."""
    scope = visible_institutions(person(request))
    institutions = Institution.objects.order_by("name")
    if scope is not None:
        institutions = institutions.filter(pk__in=scope)
    return QueueForm(
        data,
        verticals=Vertical.objects.values_list("code", flat=True),
        institutions=institutions.values_list("pk", "name"),
        people=people_who_work(scope),
        **more,
    )


class QueuePages(FactPageAdmin):
    """Of the admin of cases: what has to do with many of them."""

    def get_urls(self) -> list[URLPattern]:
        def post(view: Any) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        look = self.admin_site.admin_view(self.preview_view)
        own = [
            path("claim-next/", post(self.claim_next_view), name="cases_case_claim_next"),
            path("<int:pk>/preview/", look, name="cases_case_preview"),
            path("keep/", post(self.keep_view), name="cases_queue_keep"),
            path("kept/<int:pk>/", post(self.kept_view), name="cases_queue_kept"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page of the queue. Seven queries besides the frame's and the scope's."""
        demand(request, "cases.view_case")
        now = clock.now()
        form = queue_form(request, request.GET)
        if not form.is_valid():
            messages.warning(request, f"Not a filter, so left out: {', '.join(form.errors)}.")
        user, scope = person(request), visible_institutions(person(request))
        asked = form.asked()
        cases = cases_asked_for(asked, by=user, scope=scope, now=now)
        number = request.GET.get("page", "1")
        shown = queue_page(
            cases,
            number=int(number) if number.isdecimal() and len(number) < 6 else 1,
            now=now,
            supervises=user.has_perm(SUPERVISE),
        )
        queues = counted(queues_of(user), by=user, scope=scope, now=now)
        context = queue_context(
            form, asked, shown, queues, here=request.GET.get("queue", ""), now=now
        )
        context["nothing"] = self.nothing_here(request)
        context["may_work"] = user.has_perm(WORK)
        context["may_share"] = user.has_perm("cases.add_queue")
        return page(self, request, "cases/queue.html", title="Cases", is_fullwidth="1", **context)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A look at a case beside the queue: a part of a page, five queries."""
        demand(request, "cases.view_case")
        case: Case = found(self, request, str(pk))
        context = {"look": preview_of(case, person(request), now=clock.now()), "case": case}
        return HttpResponse(render_to_string("cases/queue_preview.html", context, request))

    def claim_next_view(self, request: HttpRequest) -> HttpResponse:
        """Takes the most valuable unclaimed case that the queue's filters leave."""
        demand(request, WORK)
        user = person(request)
        form = queue_form(request, request.POST)
        form.is_valid()
        asked = form.asked()
        scope = visible_institutions(user)
        which = asked.for_claiming(scope, supervises=user.has_perm(SUPERVISE))
        case = claim_next(by=user, which=which)
        if case is None:
            messages.info(request, "Nothing waits here: every case is claimed, snoozed or closed.")
            return HttpResponseRedirect(self._back(request, form))
        return HttpResponseRedirect(case_url(case.pk))

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keeps the filters as a queue of the person's own."""
        demand(request, WORK)
        form = queue_form(request, request.POST)
        form.is_valid()
        try:
            queue = keep_queue(
                by=person(request), name=request.POST.get("name", ""), asked=form.asked()
            )
        except Problem as problem:
            messages.error(request, problem.detail)
            return HttpResponseRedirect(self._back(request, form))
        messages.success(request, f"{queue.name} is kept; you find it on the left.")
        return HttpResponseRedirect(
            queue_url([*form.asked().to_address(), ("queue", str(queue.pk))])
        )

    def kept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Gives an own queue a name or the filters shown, or deletes it."""
        demand(request, WORK)
        form = queue_form(request, request.POST)
        form.is_valid()
        name, user = request.POST.get("name", ""), person(request)
        try:
            if request.POST.get("do") == "delete":
                delete_queue(queue_id=pk, by=user)
                messages.success(request, "The queue is deleted; its cases stay where they are.")
                return HttpResponseRedirect(reverse(QUEUE))
            changed = form.asked() if request.POST.get("do") == "change" else None
            queue = change_queue(queue_id=pk, by=user, name=name, asked=changed)
        except Queue.DoesNotExist:
            messages.error(request, "That queue is not there any more, or is not yours.")
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            messages.success(request, f"{queue.name} is changed.")
        return HttpResponseRedirect(self._back(request, form))

    def _back(self, request: HttpRequest, form: QueueForm) -> str:
        here = request.POST.get("queue", "")
        kept = [("queue", here)] if here.isdecimal() else []
        return queue_url([*form.asked().to_address(), *kept])
