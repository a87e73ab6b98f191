"""Suggestions for rules' weights: what outcomes say, and the way into a vertical's working copy."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ReasonForm,
    action,
    confirm_page,
    demand,
    display,
    found,
    own_paths,
    page,
    person,
    relative_time,
)
from learning.weights.models import WeightRun, WeightSuggestion
from learning.weights.services import CHANGE, dismiss, take_up

State = WeightSuggestion.State
NO_QUEUE = "The workers' queue does not answer: try again when it does."
_LOOKS = {State.OPEN: "fs-review", State.TAKEN: "fs-approved"}


@admin.register(WeightSuggestion)
class WeightSuggestionAdmin(ReadOnlyModelAdmin):
    list_before_template = "learning/weight_runs.html"
    list_display = ("rule", "vertical", "change", "bounds", "support", "later", "standing", "made")
    list_filter = ("state",)
    list_select_related = ("run",)
    ordering = ("-run", "code")
    sortable_by = ()
    actions_list = ("work_out",)

    def nothing_here(self, request: HttpRequest) -> str:
        return (
            "Weights that the outcomes of rules' hits speak for, worked out every Monday. Nothing "
            "speaks for another weight yet; above stands what each vertical lacks."
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"weight_runs": latest_of_each()}
        made: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return made

    @display(description="Rule")
    def rule(self, one: WeightSuggestion) -> str:
        return one.code

    @display(description="Weight")
    def change(self, one: WeightSuggestion) -> SafeString:
        words = f"{one.weight_before:g} → {one.weight:g}"
        return format_html('<span class="fs-number">{}</span>', words)

    @display(description="Bounds, 90 %")
    def bounds(self, one: WeightSuggestion) -> SafeString:
        return format_html('<span class="fs-number">{}</span>', f"{one.low:.2f} to {one.high:.2f}")

    @display(description="Hits, fraud")
    def support(self, one: WeightSuggestion) -> SafeString:
        return format_html('<span class="fs-number">{}</span>', f"{one.hits:,}, {one.frauds:,}")

    @display(description="Precision on later days")
    def later(self, one: WeightSuggestion) -> SafeString:
        before, after = one.figures["before"], one.figures["after"]
        words = f"{before['average_precision']:.3f} → {after['average_precision']:.3f}"
        return format_html('<span class="fs-number">{}</span>', words)

    @display(description="Stands")
    def standing(self, one: WeightSuggestion) -> SafeString:
        looks = _LOOKS.get(State(one.state), "fs-muted")
        return format_html('<span class="fs-status {}">{}</span>', looks, one.get_state_display())

    @display(description="Worked out")
    def made(self, one: WeightSuggestion) -> str:
        return relative_time(one.run.made_at)

    @action(
        description="Work out anew",
        permissions=[CHANGE],
        url_path="work-out",
        icon="calculate",
    )
    def work_out(self, request: HttpRequest) -> HttpResponse:
        """Has the worker do it: a busy vertical takes a while."""

        def act(said: dict[str, Any]) -> str:
            from learning.tasks import suggest_weights_later

            if not suggest_weights_later(person(request).pk):
                raise forms.ValidationError(NO_QUEUE)
            return "The worker works it out; what is open is superseded then."

        demand(request, CHANGE)
        return confirm_page(
            self,
            request,
            title="Work out anew",
            explanation="The outcomes of the last half year are put against the rules' hits. It "
            "happens every Monday by itself.",
            button="Work out",
            form_class=forms.Form,
            act=act,
            back=reverse("admin:learning_weightsuggestion_changelist"),
        )

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<path:object_id>/take/", self.take_view, "take"),
            ("<path:object_id>/dismiss/", self.dismiss_view, "dismiss"),
        )
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One suggestion: what speaks for it, and what it would do on later days."""
        one: WeightSuggestion = found(self, request, object_id)
        return page(
            self,
            request,
            "learning/weight.html",
            title=f"Weight of {one.code} in {one.vertical}",
            original=one,
            one=one,
            standing=self.standing(one),
            effects=_effects(one),
            may_act=one.state == State.OPEN and person(request).has_perm(CHANGE),
        )

    def take_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(one: WeightSuggestion, reason: str) -> str:
            vertical = take_up(suggestion=one, by=person(request), reason=reason)
            return (
                f"{one.code} weighs {one.weight:g} in {vertical.name} as it is worked on. It takes "
                "force when a ruleset with it is published."
            )

        return self._ask(
            request,
            object_id,
            "Put into the working copy",
            "The vertical's working copy gets this weight. Nothing decides by it before a ruleset "
            "with it is proposed and another person agrees.",
            act,
        )

    def dismiss_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(one: WeightSuggestion, reason: str) -> str:
            dismiss(suggestion=one, by=person(request), reason=reason)
            return "Set aside. A later run may find it again."

        return self._ask(request, object_id, "Dismiss", "The weight stays as it is.", act)

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        button: str,
        explanation: str,
        act: Callable[[WeightSuggestion, str], str],
    ) -> HttpResponse:
        demand(request, CHANGE)
        one: WeightSuggestion = found(self, request, object_id)
        return confirm_page(
            self,
            request,
            title=f"{button}: {one.code} in {one.vertical}",
            explanation=explanation,
            button=button,
            form_class=ReasonForm,
            act=lambda said: act(one, said["reason"]),
            back=reverse("admin:learning_weightsuggestion_change", args=[one.pk]),
        )


def latest_of_each() -> list[WeightRun]:
    """The latest run of each vertical, those with most fraud first (one query)."""
    latest = WeightRun.objects.values("vertical").annotate(last=Max("pk")).values("last")
    return list(WeightRun.objects.filter(pk__in=latest).order_by("-frauds", "vertical"))


def _effects(one: WeightSuggestion) -> list[tuple[str, str, str]]:
    """The figures of later days in words: name, now, with this change alone."""
    before, after = one.figures["before"], one.figures["after"]
    forms = (
        ("Average precision of the rule score", "average_precision", "{:.3f}"),
        ("Flagged by rules alone", "flagged", "{:,}"),
        ("Precision of those", "precision", "{:.1%}"),
        ("Frauds caught", "recall", "{:.1%}"),
    )
    return [(name, _said(form, before[key]), _said(form, after[key])) for name, key, form in forms]


def _said(form: str, value: float | None) -> str:
    return "none flagged" if value is None else form.format(value)
