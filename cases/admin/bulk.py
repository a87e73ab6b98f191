"""One act on many cases: what it touches, a start, its progress."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from cases.admin.queue import QUEUE, QueuePages, queue_form, queue_url
from cases.bulk.forms import FORMS
from cases.bulk.picking import (
    bulk_of,
    pick,
    progress_of,
    refusals_of,
    sample_of,
    touched_by,
)
from cases.bulk.running import start, stop
from cases.models import BulkAction, BulkItem, Case
from cases.queues.reading import cases_asked_for
from cases.services.working import WORK
from cases.tasks import run_bulk_later
from foundation.admin_parts import demand, page, person, visible_institutions
from foundation.errors import Problem
from transactions.presenting import masked_reference

RESULTS_SHOWN = 200


class BulkPages(QueuePages):
    """Of the admin of cases: bulk actions."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        prepare = wrap(require_POST(self.prepare_view))
        halt = wrap(require_POST(self.stop_view))
        own = [
            path("bulk/", prepare, name="cases_bulk_prepare"),
            path("bulk/<uuid:pk>/", wrap(self.bulk_view), name="cases_bulk"),
            path("bulk/<uuid:pk>/stop/", halt, name="cases_bulk_stop"),
            path("bulk/<uuid:pk>/progress/", wrap(self.progress_view), name="cases_bulk_progress"),
        ]
        return [*own, *super().get_urls()]

    def prepare_view(self, request: HttpRequest) -> HttpResponse:
        """Keeps the selection, and goes on to what it touches. Nothing is done yet."""
        demand(request, WORK)
        user, scope = person(request), visible_institutions(person(request))
        form = queue_form(request, request.POST)
        form.is_valid()
        asked = form.asked()
        cases = cases_asked_for(asked, by=user, scope=scope, now=clock.now())
        if not request.POST.get("every"):
            numbers = [
                int(each)
                for each in request.POST.getlist("case")
                if each.isascii() and each.isdigit() and len(each) < 19
            ]
            rows = Case.objects.filter(pk__in=numbers).order_by("-rank", "-pk")
            cases = rows if scope is None else rows.filter(institution__in=scope)
        try:
            bulk = pick(by=user, kind=request.POST.get("kind", ""), cases=cases)
        except Problem as problem:
            messages.warning(request, problem.detail)
            return HttpResponseRedirect(queue_url(asked.to_address()))
        return HttpResponseRedirect(reverse("admin:cases_bulk", args=[bulk.pk]))

    def bulk_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What it touches and asks for; once started, how far it is and what became of each."""
        demand(request, WORK)
        bulk = self._own(request, pk)
        if bulk.state != BulkAction.State.DRAFT:
            return self._result(request, bulk)
        scope = visible_institutions(person(request))
        form = FORMS[bulk.kind](request.POST or None, bulk=bulk, scope=scope)
        if request.method == "POST" and (not form.fields or form.is_valid()):
            try:
                with transaction.atomic():
                    arguments = form.arguments() if form.fields else {}
                    start(bulk_id=bulk.pk, by=person(request), arguments=arguments)
                    transaction.on_commit(lambda: run_bulk_later(bulk.pk))
            except Problem as problem:
                form.add_error(None, problem.detail)
            else:
                return HttpResponseRedirect(request.path)
        touched = touched_by(bulk, scope=scope, above_usd=settings.FOUR_EYES_ABOVE_USD)
        return page(
            self,
            request,
            "cases/bulk_preview.html",
            title=f"{bulk.get_kind_display().capitalize()} {_cases(bulk.total)}",
            bulk=bulk,
            form=form,
            touched=touched,
            sample=[
                (case, masked_reference(case.customer), why)
                for case, why in sample_of(bulk, scope=scope)
            ],
            above=settings.FOUR_EYES_ABOVE_USD,
            back=reverse(QUEUE),
        )

    def _result(self, request: HttpRequest, bulk: BulkAction) -> HttpResponse:
        items = bulk.items.select_related("case").order_by("pk")
        only = request.GET.get("state", "")
        if only in BulkItem.State.values:
            items = items.filter(state=only)
        said = request.GET.get("page", "1")
        number = max(int(said), 1) if said.isdecimal() and len(said) < 4 else 1
        begin = (number - 1) * RESULTS_SHOWN
        rows = list(items[begin : begin + RESULTS_SHOWN + 1])
        return page(
            self,
            request,
            "cases/bulk_result.html",
            title=f"{bulk.get_kind_display().capitalize()} {_cases(bulk.total)}",
            bulk=bulk,
            progress=progress_of(bulk),
            refusals=refusals_of(bulk),
            rows=rows[:RESULTS_SHOWN],
            only=only,
            number=number,
            more=len(rows) > RESULTS_SHOWN,
            running=bulk.state == BulkAction.State.RUNNING,
            back=reverse(QUEUE),
        )

    def stop_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Leaves the rest as they are; what is done stays done."""
        demand(request, WORK)
        bulk = self._own(request, pk)
        stop(bulk_id=bulk.pk, by=person(request))
        return HttpResponseRedirect(reverse("admin:cases_bulk", args=[bulk.pk]))

    def progress_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """For the bar that moves by itself."""
        demand(request, WORK)
        bulk = self._own(request, pk)
        progress: dict[str, Any] = {**progress_of(bulk), "state": bulk.state, "total": bulk.total}
        return JsonResponse(progress)

    def _own(self, request: HttpRequest, pk: UUID) -> BulkAction:
        try:
            return bulk_of(pk, person(request))
        except BulkAction.DoesNotExist:
            raise Http404 from None


def _cases(number: int) -> str:
    return f"{number:,} case{'' if number == 1 else 's'}"
