"""Rollout: which rules decide or wait to, what they do, and their way on."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone as clock

from foundation.admin_parts import confirm_page, demand, own_paths, page, person
from rules.admin.pages import state_label
from rules.definition import State
from rules.models import Rule
from rules.services import MOVES
from studio.admin.rollout_bounds import BoundsPages
from studio.admin.rollout_forms import AtOnceForm, CanaryMoveForm, form_of
from studio.admin.rollout_shown import (
    STATES,
    WORDS,
    expected,
    moves,
    outcome,
    precision,
    shown,
    steps,
    week,
)
from studio.changes.services import ChangeRefused
from studio.models import ChangeSet, RuleWatch
from studio.rollout.demoting import CHANGE
from studio.rollout.moves import before_now, move, roll_back
from studio.rollout.reading import read_detail, read_rollout

SEE = "studio.view_rulewatch"
PROPOSE = "rules.publish_ruleset"
EMERGENCY = "studio.publish_emergency"


@admin.register(RuleWatch)
class RolloutAdmin(BoundsPages):
    """All rules in force, one with what it did, and its way on."""

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<path:object_id>/rollback/", self.rollback_view, "rollback"),
            ("<path:object_id>/move/<slug:to>/", self.move_view, "move"),
        )
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All rules in force. Ten queries besides the frame's."""
        demand(request, SEE)
        user = person(request)
        state = request.GET.get("state", "")
        text = request.GET.get("q", "")[:200]
        found = read_rollout(
            by=user, now=clock.now(), state=state if state in STATES else "", text=text
        )
        chips = [("all", sum(found.counts.values()), "")]
        chips += [(name, number, name) for name, number in found.counts.items()]
        return page(
            self,
            request,
            "studio/rollout.html",
            title="Rollout",
            rollout=found,
            rows=[shown(row, figures=found.may_see_figures) for row in found.rows],
            chips=[(name, n, value, value == state) for name, n, value in chips],
            text=text,
            state=state,
            may_change=user.has_perm(CHANGE),
            is_fullwidth="1",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One rule: what it did day by day, its bounds, its way on."""
        watch = self.watched(request, object_id, SEE)
        user = person(request)
        detail = read_detail(by=user, rule=watch.rule, watch=watch, now=clock.now())
        state = State(detail.rule.state)
        return page(
            self,
            request,
            "studio/rollout_rule.html",
            title=f"Rollout of {detail.rule.code}",
            detail=detail,
            state=state_label(detail.published.state if detail.published else state),
            steps=steps(detail.published.state if detail.published else state),
            moves=moves(detail.rule, user.has_perm(CHANGE) and user.has_perm(PROPOSE)),
            before=before_now(detail.rule.code) if user.has_perm(PROPOSE) else None,
            may_change=user.has_perm(CHANGE),
            precision=precision(detail.labelled),
            today=detail.days[-1] if detail.days else None,
            week=week(detail.days),
            most=max((sum(day[1:3]) for day in detail.days or []), default=0),
        )

    # -- moves ------------------------------------------------------------------------------

    def move_view(self, request: HttpRequest, object_id: str, to: str) -> HttpResponse:
        watch = self.watched(request, object_id, CHANGE)
        demand(request, PROPOSE)
        rule = watch.rule
        here = State(rule.state)
        target = State(to) if to in STATES else None
        if target not in WORDS or not (target in MOVES[here] or target is here is State.CANARY):
            raise Http404
        words, explanation = WORDS[target]
        if target is State.SHADOW and here not in (State.LIVE, State.CANARY):
            words = "Run in shadow"
        return self._sent(
            request,
            rule,
            words,
            explanation,
            CanaryMoveForm if target is State.CANARY else AtOnceForm,
            lambda said: move(
                by=person(request),
                code=rule.code,
                to=target,
                reason=said["reason"],
                expected_state=expected(said, here),
                canary_percent=said.get("percent"),
                at_once=said["at_once"],
            ),
        )

    def rollback_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        watch = self.watched(request, object_id, CHANGE)
        demand(request, PROPOSE)
        rule = watch.rule
        before = before_now(rule.code)
        words = (
            f"It is as in an earlier ruleset again: version {before.version}, "
            f"{before.state.value}. All else stays as it is."
            if before
            else "It was in force in no other way lately."
        )
        return self._sent(
            request,
            rule,
            "Roll back",
            words,
            AtOnceForm,
            lambda said: roll_back(
                by=person(request), code=rule.code, reason=said["reason"], at_once=said["at_once"]
            ),
        )

    def _sent(
        self,
        request: HttpRequest,
        rule: Rule,
        words: str,
        explanation: str,
        form: type[AtOnceForm],
        send: Callable[[dict[str, Any]], ChangeSet],
    ) -> HttpResponse:
        def act(said: dict[str, Any]) -> str:
            if said["at_once"] and not person(request).has_perm(EMERGENCY):
                raise ChangeRefused("You may not publish without an approval.")
            return outcome(send(said))

        may_hurry = person(request).has_perm(EMERGENCY)
        return confirm_page(
            self,
            request,
            title=f"{words}: {rule.code}",
            explanation=explanation,
            button=words,
            form_class=form_of(form, rule, hurry=may_hurry),
            act=act,
            back=reverse("admin:studio_rulewatch_change", args=[rule.pk]),
        )
