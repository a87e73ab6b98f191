"""Curves: choose what to slide, slide it, put the value into a change set."""

from typing import Any

import msgspec
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_POST

from clients.queries import user_institutions
from foundation.admin_parts import (
    NO_INSTITUTION,
    ReadOnlyModelAdmin,
    demand,
    own_paths,
    page,
    person,
)
from foundation.errors import Problem
from foundation.models import User
from studio.admin.optimise_forms import AssumptionsForm, StartForm, key_of
from studio.editor.saving import MOST_DIGITS
from studio.models import ChangeSet, Curve
from studio.optimise.costs import Assumptions
from studio.optimise.presenting import answer, drawn, read
from studio.optimise.services import (
    COMPUTE,
    assumptions_of,
    cancel_curve,
    check,
    converted,
    put_into_change_set,
    remember,
)
from studio.optimise.targets import Target
from studio.tasks import start_curve

SHOWN = 10


@admin.register(Curve)
class CurveAdmin(ReadOnlyModelAdmin):
    def get_queryset(self, request: HttpRequest) -> Any:
        """The person's own, of institutions that they still work for."""
        mine = person(request)
        slugs = list(user_institutions(mine).values_list("slug", flat=True))
        return (
            super().get_queryset(request).filter(created_by=mine, institutions__contained_by=slugs)
        )

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<int:pk>/answer/", self.answer_view, "answer"),
            ("<int:pk>/progress/", self.progress_view, "progress"),
            ("<int:pk>/remember/", require_POST(self.remember_view), "remember"),
            ("<int:pk>/take/", require_POST(self.take_view), "take"),
            ("<int:pk>/cancel/", require_POST(self.cancel_view), "cancel"),
        )
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The form, and the person's latest curves."""
        demand(request, COMPUTE)
        user = person(request)
        form = StartForm(request.POST or None, initial=_asked(request))
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                made = start_curve(
                    by=user,
                    target=said["chosen"],
                    days=said["days"],
                    maturity_days=said["maturity"],
                )
            except Problem as problem:
                form.add_error(None, problem.detail)
            else:
                return HttpResponseRedirect(reverse("admin:studio_curve_change", args=[made.pk]))
        return page(
            self,
            request,
            "studio/optimise.html",
            title="Thresholds by cost",
            form=form,
            curves=self.get_queryset(request).defer("result", "replicates")[:SHOWN],
            no_institution="" if user_institutions(user).exists() else NO_INSTITUTION,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self._own(request, object_id)
        context: dict[str, Any] = {"title": row.title, "row": row, "window": row.window}
        if row.state != Curve.State.DONE:
            context["percent"] = round(100 * row.progress)
            return page(self, request, "studio/optimise_waiting.html", **context)
        curve, parts = read(row)
        told = _assumptions(request, person(request), curve.currency)
        shown, told_answer = drawn(curve), answer(curve, parts, told)
        return page(
            self,
            request,
            "studio/optimise_curve.html",
            curve=curve,
            drawn=shown,
            answer=told_answer,
            proposal=told_answer.proposal,
            data=msgspec.to_builtins({"drawn": shown, "answer": told_answer}),
            rows=_table(curve, shown, told_answer),
            form=AssumptionsForm(initial=_initial(told)),
            assumptions=told,
            drafts=_drafts(person(request)),
            may_take=person(request).has_perm(COMPUTE),
            is_fullwidth="1",
            **context,
        )

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same curve under other assumptions, as JSON."""
        row = self._done(request, pk)
        curve, parts = read(row)
        form = AssumptionsForm(request.GET)
        if not form.is_valid():
            return JsonResponse({"errors": form.errors}, status=400)
        told = form.assumptions(curve.currency)
        return JsonResponse(msgspec.to_builtins(answer(curve, parts, told)))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._own(request, str(pk))
        return JsonResponse({"state": row.state, "percent": round(100 * row.progress)})

    def remember_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._done(request, pk)
        form = AssumptionsForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Costs are numbers that are not below zero.")
        else:
            told = form.assumptions(read(row)[0].currency)
            remember(by=person(request), assumptions=told)
            messages.success(request, "Your next curves begin with these costs.")
        return HttpResponseRedirect(reverse("admin:studio_curve_change", args=[row.pk]))

    def take_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Puts a value into a change set."""
        row = self._done(request, pk)
        back = reverse("admin:studio_curve_change", args=[row.pk])
        value = _value(request.POST.get("value", ""))
        if value is None or value not in read(row)[0].values:
            messages.error(request, "That value is not on the curve.")
            return HttpResponseRedirect(back)
        into = request.POST.get("into", "")
        draft = None
        if into.isdecimal() and len(into) < MOST_DIGITS:
            draft = _drafts(person(request)).filter(pk=int(into)).first()
        try:
            held = put_into_change_set(by=person(request), curve=row, value=value, change_set=draft)
        except Problem as problem:
            messages.error(request, problem.detail)
            return HttpResponseRedirect(back)
        messages.success(request, f"The value stands in the change set {held.title}.")
        return HttpResponseRedirect(reverse("admin:studio_changeset_change", args=[held.pk]))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._own(request, str(pk))
        if cancel_curve(by=person(request), curve=row):
            messages.success(request, "It is cancelled.")
        return HttpResponseRedirect(reverse("admin:studio_curve_changelist"))

    def _own(self, request: HttpRequest, object_id: str) -> Curve:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        found: Curve = row
        return found

    def _done(self, request: HttpRequest, pk: int) -> Curve:
        row = self._own(request, str(pk))
        if row.state != Curve.State.DONE:
            raise Http404
        return row


def _asked(request: HttpRequest) -> dict[str, Any]:
    """From a link on a rule's or vertical's page: ?rule=&name= or ?vertical=&name=."""
    rule, name = request.GET.get("rule", ""), request.GET.get("name", "")
    vertical = request.GET.get("vertical", "")
    if rule and name:
        return {"target": key_of(Target(kind="parameter", rule=rule, name=name))}
    if vertical and name:
        return {"target": key_of(Target(kind="threshold", vertical=vertical, name=name))}
    return {"rule": rule, "vertical": vertical}


def _assumptions(request: HttpRequest, user: User, currency: str) -> Assumptions:
    """Those of the address, for who has no scripts; else the person's."""
    form = AssumptionsForm(request.GET if "missed" in request.GET else None)
    if form.is_bound and form.is_valid():
        told = form.assumptions(currency)
        check(told)
        return told
    return converted(assumptions_of(user), currency)


def _initial(told: Assumptions) -> dict[str, float]:
    return {
        "missed": float(f"{100 * told.missed_share:.6g}"),
        "insult": told.insult,
        "minutes": told.review_minutes,
        "hourly": told.hourly_cost,
    }


def _drafts(user: User) -> Any:
    mine = ChangeSet.objects.filter(state=ChangeSet.State.DRAFT, created_by=user)
    return mine.order_by("-changed_at")


def _value(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _table(curve: Any, shown: Any, told: Any) -> list[dict[str, Any]]:
    """Every value, for reading without the charts."""
    return [
        {
            "value": value,
            "is_current": i == shown.current,
            "precision": shown.precision[i],
            "recall": shown.recall[i],
            "hits": shown.hits[i],
            "stopped": shown.money_stopped[i],
            "insults": shown.insults[i],
            "hours": told.hours_a_day[i],
            "saved": told.saved[i],
            "low": told.low[i],
            "high": told.high[i],
        }
        for i, value in enumerate(curve.values)
    ]
