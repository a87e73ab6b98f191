"""Of the rollout pages: a rule's bounds, holding it in spite of them, demotions that were seen."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ReasonForm,
    confirm_page,
    demand,
    own_paths,
    person,
)
from rules.models import Rule
from studio.admin.rollout_forms import SHARES, BoundsForm, HoldForm, in_percent, share, with_initial
from studio.models import Demotion, RuleWatch
from studio.rollout.bounding import end_hold, hold, set_bounds
from studio.rollout.demoting import CHANGE, mark_seen


class BoundsPages(ReadOnlyModelAdmin):
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
        own = own_paths(
            self,
            ("<path:object_id>/bounds/", self.bounds_view, "bounds"),
            ("<path:object_id>/hold/", self.hold_view, "hold"),
            ("<path:object_id>/release/", self.release_view, "release"),
            ("demotions/<int:demotion>/seen/", require_POST(self.seen_view), "seen"),
        )
        return [*own, *super().get_urls()]

    def bounds_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        watch = self.watched(request, object_id, CHANGE)

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
        watch = self.watched(request, object_id, CHANGE)

        def act(said: dict[str, Any]) -> str:
            until = clock.now() + timedelta(hours=said["hours"])
            hold(by=person(request), code=watch.rule.code, until=until, reason=said["reason"])
            return "It is not demoted by itself while you hold it."

        words = (
            "It goes on deciding when it leaves its bounds; people are told. For an attack, say."
        )
        return self._asked(request, watch, "Hold", words, "Hold", HoldForm, act)

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        watch = self.watched(request, object_id, CHANGE)

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

    def watched(self, request: HttpRequest, object_id: str, permission: str) -> RuleWatch:
        demand(request, permission)
        watch = self.get_object(request, object_id)
        if watch is None:
            raise Http404
        return watch
