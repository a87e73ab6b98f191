"""Rollout: which rules decide or wait to, what they do, and their way on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ReasonForm,
    confirm_page,
    demand,
    page,
    person,
)
from rules.admin.pages import state_label
from rules.definition import State
from rules.models import Rule
from rules.services import MOVES
from studio.admin.rollout_forms import (
    SHARES,
    AtOnceForm,
    BoundsForm,
    CanaryMoveForm,
    HoldForm,
    form_of,
    in_percent,
    share,
    with_initial,
)
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
from studio.models import ChangeSet, Demotion, RuleWatch
from studio.rollout.bounding import end_hold, hold, set_bounds
from studio.rollout.demoting import CHANGE, mark_seen
from studio.rollout.moves import before_now, move, roll_back
from studio.rollout.reading import read_detail, read_rollout

SEE = "studio.view_rulewatch"
PROPOSE = "rules.publish_ruleset"
EMERGENCY = "studio.publish_emergency"


@admin.register(RuleWatch)
class RolloutAdmin(ReadOnlyModelAdmin):
    """A row is a rule's; its key is the rule's, whether it has bounds of its own or not."""

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> RuleWatch | None:
        if not object_id.isdecimal() or len(object_id) > 15:
            return None
        rule = Rule.objects.select_related("current").filter(pk=int(object_id)).first()
        if rule is None or rule.current is None:
            return None
        found = RuleWatch.objects.select_related("held_by").filter(rule=rule).first()
        watch = found or RuleWatch(rule=rule)
        watch.rule = rule
        return watch

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        acts: dict[str, Callable[..., HttpResponse]] = {
            "rollback": self.rollback_view,
            "bounds": self.bounds_view,
            "hold": self.hold_view,
            "release": self.release_view,
        }
        own = [
            path(f"<path:object_id>/{name}/", wrap(view), name=f"studio_rulewatch_{name}")
            for name, view in acts.items()
        ]
        own += [
            path("<path:object_id>/move/<slug:to>/", wrap(self.move_view),
                 name="studio_rulewatch_move"),
            path("demotions/<int:demotion>/seen/", wrap(require_POST(self.seen_view)),
                 name="studio_rulewatch_seen"),
        ]  # fmt: skip
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
        watch = self._watch(request, object_id, SEE)
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
        watch = self._watch(request, object_id, CHANGE)
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
        watch = self._watch(request, object_id, CHANGE)
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

    # -- bounds and holds -------------------------------------------------------------------

    def bounds_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        watch = self._watch(request, object_id, CHANGE)

        def act(said: dict[str, Any]) -> str:
            bounds = {name: share(said[name]) for name in SHARES}
            set_bounds(
                by=person(request),
                code=watch.rule.code,
                reason=said["reason"],
                max_hits_a_day=said["max_hits_a_day"],
                min_labelled=said["min_labelled"],
                **bounds,
            )
            return "The watch goes by these bounds from its next look on."

        present = {name: in_percent(getattr(watch, name)) for name in SHARES}
        present |= {n: getattr(watch, n) for n in ("max_hits_a_day", "min_labelled")}
        return self._asked(
            request,
            watch,
            "Bounds",
            "A rule that decides and leaves its bounds goes into shadow by itself. What is left "
            "empty is the installation's.",
            "Set bounds",
            with_initial(BoundsForm, present),
            act,
        )

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        watch = self._watch(request, object_id, CHANGE)

        def act(said: dict[str, Any]) -> str:
            until = clock.now() + timedelta(hours=said["hours"])
            hold(by=person(request), code=watch.rule.code, until=until, reason=said["reason"])
            return "It is not demoted by itself while you hold it."

        words = (
            "It goes on deciding when it leaves its bounds; people are told. For an attack, say."
        )
        return self._asked(request, watch, "Hold", words, "Hold", HoldForm, act)

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        watch = self._watch(request, object_id, CHANGE)

        def act(said: dict[str, Any]) -> str:
            end_hold(by=person(request), code=watch.rule.code, reason=said["reason"])
            return "The watch may demote it again."

        words = "If it is out of its bounds, it goes into shadow within a minute."
        return self._asked(request, watch, "End the hold", words, "End the hold", ReasonForm, act)

    def seen_view(self, request: HttpRequest, demotion: int) -> HttpResponse:
        row = get_object_or_404(Demotion, pk=demotion)
        demand(request, CHANGE)
        mark_seen(by=person(request), demotion=row.pk)
        messages.success(request, "It stands on Home no more.")
        return HttpResponseRedirect(reverse("admin:studio_rulewatch_change", args=[row.rule_id]))

    def _asked(
        self,
        request: HttpRequest,
        watch: RuleWatch,
        title: str,
        explanation: str,
        button: str,
        form: type[forms.Form],
        act: Callable[[dict[str, Any]], str],
    ) -> HttpResponse:
        return confirm_page(
            self,
            request,
            title=f"{title}: {watch.rule.code}",
            explanation=explanation,
            button=button,
            form_class=form,
            act=act,
            back=reverse("admin:studio_rulewatch_change", args=[watch.rule.pk]),
        )

    def _watch(self, request: HttpRequest, object_id: str, permission: str) -> RuleWatch:
        demand(request, permission)
        watch = self.get_object(request, object_id)
        if watch is None:
            raise Http404
        return watch
