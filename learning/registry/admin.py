"""Models in the admin: which decide, how they did, side by side, and what may be done about it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ReasonForm,
    confirm_page,
    demand,
    display,
    found,
    own_paths,
    page,
    person,
    relative_time,
)
from learning.drift.presenting import drift_of
from learning.drift.watching import watch_drift
from learning.registry.asking import ask_comparison, latest_run
from learning.registry.charts import charts_of, side_by_side
from learning.registry.presenting import beside_champion, further_figures, headlines
from learning.registry.promoting import (
    latest_comparison,
    previous_champion,
    propose_promotion,
    roll_back,
)
from learning.retraining.due import due, labels_told, latest_runs
from learning.tasks import compare_later
from scoring.cells import two_lines
from scoring.detectors import ArtefactError, read_artefact
from scoring.detectors.manifest import CARD_PAGE
from scoring.serving.models import ModelVersion
from scoring.serving.services import OPERATE, retire, split_traffic, start_shadow

State = ModelVersion.State
PROMOTE = "scoring.promote_modelversion"
_LOOKS = {State.CHAMPION: "fs-approved", State.SHADOW: "fs-review"}


class ShareForm(ReasonForm):
    share = forms.IntegerField(
        min_value=0,
        max_value=50,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Percentage of customers for whom this model decides; 0 ends it.",
    )
    field_order = ("share", "reason")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyModelAdmin):
    list_before_template = "learning/trainings.html"
    list_display = ("version", "standing", "decides", "trained", "made_by", "trouble")
    ordering = ("-pk",)
    sortable_by = ()

    def nothing_here(self, request: HttpRequest) -> str:
        """What is missing for a first model, in figures."""
        return f"Each trained model stands here. {labels_told()}"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The models under the latest trainings, and what the next one waits for."""
        context = {"due": due(clock.now()), "runs": latest_runs()}
        made: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return made

    @display(description="Stands as")
    def standing(self, model: ModelVersion) -> SafeString:
        looks = _LOOKS.get(State(model.state), "fs-muted")
        return format_html('<span class="fs-status {}">{}</span>', looks, model.get_state_display())

    @display(description="Decides for")
    def decides(self, model: ModelVersion) -> str:
        if model.state == State.CHAMPION:
            shared = ModelVersion.objects.filter(share__gt=0).exists()
            return "everybody else" if shared else "everybody"
        return f"{model.share} % of customers" if model.share else ""

    @display(description="Trained")
    def trained(self, model: ModelVersion) -> str | SafeString:
        return relative_time(model.made_at)

    @display(description="Trouble")
    def trouble(self, model: ModelVersion) -> SafeString:
        return two_lines(model.fault) if model.fault else SafeString("")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the cards, which are large and which the list does not show."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("card") if is_list else rows

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<path:object_id>/shadow/", self.shadow_view, "shadow"),
            ("<path:object_id>/split/", self.split_view, "split"),
            ("<path:object_id>/retire/", self.retire_view, "retire"),
            ("<path:object_id>/compare/", self.compare_view, "compare"),
            ("<path:object_id>/promote/", self.promote_view, "promote"),
            ("<path:object_id>/rollback/", self.rollback_view, "rollback"),
            ("<path:object_id>/drift/", self.drift_view, "drift"),
            ("<path:object_id>/card/", self.card_view, "card"),
        )
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One model: where it stands, its card, and its latest comparison with a champion."""
        model: ModelVersion = found(self, request, object_id)
        comparison = latest_comparison(model)
        return page(
            self,
            request,
            "learning/model.html",
            title=f"Model {model.version}",
            original=model,
            model=model,
            standing=self.standing(model),
            decides=self.decides(model),
            card=further_figures(model.card),
            headlines=headlines(model.card),
            **beside_champion(model),
            has_card_page=(model.folder / CARD_PAGE).is_file(),
            comparison=comparison,
            comparing=latest_run(model),
            compared=side_by_side(comparison.figures) if comparison else [],
            charts=charts_of(comparison.figures) if comparison else [],
            drift=drift_of(model),
            acts=self._acts(request, model),
        )

    def _acts(self, request: HttpRequest, model: ModelVersion) -> list[tuple[str, str]]:
        """Addresses and words of what this person may do with it now."""
        user = person(request)
        is_champion, is_shadow = model.state == State.CHAMPION, model.state == State.SHADOW
        offered = [
            ("compare", "Compare with the champion", OPERATE, is_shadow),
            ("promote", "Propose promotion", PROMOTE, not is_champion),
            ("shadow", "Score beside the champion", OPERATE, not (is_champion or is_shadow)),
            ("split", "Let it decide for some", PROMOTE, is_shadow),
            ("drift", "Look for drift", OPERATE, is_champion),
            ("retire", "Retire", OPERATE, model.state in {State.CANDIDATE, State.SHADOW}),
            (
                "rollback",
                "Roll back",
                PROMOTE,
                is_champion and previous_champion() is not None,
            ),
        ]
        return [
            (reverse(f"admin:scoring_modelversion_{name}", args=[model.pk]), words)
            for name, words, permission, fits in offered
            if fits and user.has_perm(permission)
        ]

    def shadow_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            start_shadow(model=model, by=person(request), reason=said["reason"])
            return f"{model} is scored beside the champion from now on."

        return self._ask(
            request,
            object_id,
            OPERATE,
            "Score beside the champion",
            "It is asked with every transaction, and its opinion is stored. It decides nothing.",
            act,
        )

    def split_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            share, user = said["share"], person(request)
            split_traffic(model=model, share=share, by=user, reason=said["reason"])
            return f"{model} decides for {share} % of the customers."

        return self._ask(
            request,
            object_id,
            PROMOTE,
            "Let it decide for some",
            "For the same customers each time, chosen by hash. The champion decides for the rest.",
            act,
            form_class=ShareForm,
        )

    def retire_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            retire(model=model, by=person(request), reason=said["reason"])
            return f"{model} is retired."

        words = "It is not asked any more. It can be put beside the champion again."
        return self._ask(request, object_id, OPERATE, "Retire", words, act)

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            ask_comparison(model=model, by=person(request), hand_over=compare_later)
            return "A worker compares them; this page tells what comes of it."

        return self._ask(
            request,
            object_id,
            OPERATE,
            "Compare with the champion",
            "On the transactions of the last 90 days that both scored and whose outcome is known. "
            "A worker does it within seconds.",
            act,
            form_class=forms.Form,
        )

    def drift_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            report = watch_drift(by=person(request))
            return f"{report.get_verdict_display().capitalize()}: {report.said}" if report else ""

        return self._ask(
            request,
            object_id,
            OPERATE,
            "Look for drift",
            "The traffic of the last days against what the champion was trained on. Takes seconds; "
            "it happens every night by itself.",
            act,
            form_class=forms.Form,
        )

    def promote_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            user = person(request)
            asked = propose_promotion(model=model, by=user, reason=said["reason"])
            if asked.state == asked.State.EXECUTED:
                return f"{model} decides from now on."
            return f"Request {asked.pk} waits for another person's approval."

        return self._ask(
            request,
            object_id,
            PROMOTE,
            "Propose promotion",
            "It decides when another person approves. The present champion is kept for a way back.",
            act,
        )

    def rollback_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ModelVersion, said: dict[str, Any]) -> str:
            asked = roll_back(by=person(request), reason=said["reason"])
            if asked.state == asked.State.EXECUTED:
                return "The model before decides again."
            return f"Request {asked.pk} waits for another person's approval."

        before = previous_champion()
        words = f"{before} decides again, at once." if before else "No model decided before."
        return self._ask(request, object_id, PROMOTE, "Roll back", words, act, dangerous=True)

    def card_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The evaluation as it was written at training: a page of its own that runs nothing."""
        model: ModelVersion = found(self, request, object_id)
        try:
            content = read_artefact(model.folder, digest=model.digest).read(CARD_PAGE)
        except ArtefactError as error:
            raise Http404(str(error)) from error
        response = HttpResponse(content, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
        )
        return response

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        permission: str,
        button: str,
        explanation: str,
        act: Callable[[ModelVersion, dict[str, Any]], str],
        *,
        form_class: type[forms.Form] = ReasonForm,
        dangerous: bool = False,
    ) -> HttpResponse:
        demand(request, permission)
        model: ModelVersion = found(self, request, object_id)
        return confirm_page(
            self,
            request,
            title=f"{button}: {model.version}",
            explanation=explanation,
            button=button,
            form_class=form_class,
            act=lambda said: _acted(act, model, said),
            back=reverse("admin:scoring_modelversion_change", args=[model.pk]),
            dangerous=dangerous,
        )


def _acted(
    act: Callable[[ModelVersion, dict[str, Any]], str], model: ModelVersion, said: dict[str, Any]
) -> str:
    """Files that do not work are said on the page like any other refusal."""
    try:
        return act(model, said)
    except ArtefactError as error:
        raise forms.ValidationError(str(error)) from error
