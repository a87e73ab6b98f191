"""Backtests that were run by a worker: how far each is, who asked, what came of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from clients.queries import user_institutions
from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    demand,
    found,
    own_paths,
    page,
    person,
    relative_time,
)
from foundation.errors import Problem
from rules.models import Rule
from studio.admin.comparison import comparison
from studio.backtest.contract import Edit, Result, Window
from studio.backtest.services import TRY, cancel_backtest, window_of
from studio.models import Backtest, ChangeSet
from studio.tasks import restart_backtest

HERE = "admin:studio_backtest_"
S = Backtest.State
LOOKS = {
    S.QUEUED: "fs-muted",
    S.RUNNING: "fs-muted",
    S.DONE: "fs-approved",
    S.FAILED: "fs-declined",
    S.CANCELLED: "fs-muted",
}
AGAIN = (S.FAILED, S.CANCELLED)


class Whose(SimpleListFilter):
    """One's own, or everybody's."""

    title, parameter_name = "asked by", "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Backtest]) -> QuerySet[Backtest]:
        return queryset.filter(by=person(request)) if self.value() == "mine" else queryset


@admin.register(Backtest)
class BacktestAdmin(ReadOnlyModelAdmin):
    """Of decisions of institutions that the person sees, whoever asked."""

    empty_list = (
        "Backtests that a worker runs stand here: those of change sets, and those of a rule's page "
        "that take longer than a moment. Open a rule or a change set to begin one."
    )
    list_display = ("tried", "over", "state_shown", "outcome", "by", "asked")
    list_display_links = None
    list_filter = (Whose, "state", "kind")
    list_select_related = ("by",)
    search_fields = ("code",)
    search_help_text = "A rule's code"
    ordering = ("-pk",)  # keys rise with time
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backtest]:
        """The list without edits and results, which are large, but for a few figures of them."""
        rows: QuerySet[Backtest] = super().get_queryset(request)
        slugs = user_institutions(person(request)).values_list("slug", flat=True)
        rows = rows.filter(window__institutions__contained_by=list(slugs))
        match = request.resolver_match
        if match is None or not str(match.url_name).endswith("_changelist"):
            return rows
        return rows.defer("edit", "result").annotate(
            rules=_length("edit__rules"),
            removed=_length("edit__removed"),
            verticals=_length("edit__verticals"),
            matched_before=F("result__before__matched__n"),
            matched_after=F("result__after__matched__n"),
            alerts_before=F("result__before__alerts_a_day"),
            alerts_after=F("result__after__alerts_a_day"),
        )

    @admin.display(description="tried")
    def tried(self, row: Any) -> SafeString:
        url = reverse(f"{HERE}change", args=[row.pk])
        told = row.code or _in_words(row.rules + row.removed, row.verticals)
        return format_html('<a class="fs-link fs-name" href="{}">{}</a>', url, told)

    @admin.display(description="on decisions of")
    def over(self, row: Backtest) -> SafeString:
        return format_html('<span class="fs-wrap">{}</span>', window_in_words(window_of(row)))

    @admin.display(description="stands")
    def state_shown(self, row: Backtest) -> SafeString:
        words = row.get_state_display()
        told = f"{round(100 * row.progress)} %" if row.state == S.RUNNING else row.told
        return format_html(
            '<span class="fs-status {}">{}</span> <span class="fs-muted fs-wrap">{}</span>',
            LOOKS[S(row.state)], words, told,
        )  # fmt: skip

    @admin.display(description="what came of it")
    def outcome(self, row: Any) -> str:
        if row.matched_before is None:
            return "–"
        flagged = "matched" if row.kind == Backtest.Kind.RULE else "flagged"
        return (
            f"{flagged} {row.matched_before:,} → {row.matched_after:,}, "
            f"alerts a day {row.alerts_before:,.1f} → {row.alerts_after:,.1f}"
        )

    @admin.display(description="asked")
    def asked(self, row: Backtest) -> str | SafeString:
        return relative_time(row.requested_at)

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<uuid:pk>/progress/", self.progress_view, "progress"),
            ("<uuid:pk>/cancel/", require_POST(self.cancel_view), "cancel"),
            ("<uuid:pk>/again/", require_POST(self.again_view), "again"),
        )
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One backtest: how far it is, or what came of it. Five queries besides the frame's."""
        row: Backtest = found(self, request, object_id)
        user = person(request)
        mine = row.by_id == user.pk and user.has_perm(TRY)
        edit = Edit.load(row.edit)
        result = comparison(Result.load(row.result)) if row.result else {}
        return page(
            self,
            request,
            "studio/backtest.html",
            title=f"Backtest of {row.code or _in_words(*_sizes(edit))}",
            original=row,
            row=row,
            looks=LOOKS[S(row.state)],
            window=window_in_words(window_of(row)),
            rule=Rule.objects.filter(code=row.code).first() if row.code else None,
            codes=[*(rule.code for rule in edit.rules), *edit.removed],
            edited_verticals=[config.name for config in edit.verticals],
            change_set=ChangeSet.objects.filter(trial=row).first(),
            percent=round(100 * row.progress),
            may_cancel=mine and row.is_unfinished,
            may_again=mine and row.state in AGAIN,
            is_fullwidth="1",
            **result,
        )

    def progress_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row: Backtest = found(self, request, str(pk))
        return JsonResponse({"state": row.state, "percent": round(100 * row.progress)})

    def cancel_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        return self._doing(request, pk, cancel_backtest)

    def again_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        return self._doing(request, pk, restart_backtest)

    def _doing(
        self, request: HttpRequest, pk: Any, act: Callable[..., Backtest]
    ) -> HttpResponseRedirect:
        demand(request, TRY)
        row: Backtest = found(self, request, str(pk))
        try:
            done = act(by=person(request), pk=row.pk)
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            messages.success(request, f"It is {done.get_state_display()}.")
        return HttpResponseRedirect(reverse(f"{HERE}change", args=[row.pk]))


def window_in_words(window: Window) -> str:
    """Which decisions it goes through, and with which labels.

    >>> from datetime import datetime, UTC
    >>> since, until = datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 5, 3, tzinfo=UTC)
    >>> window_in_words(Window(institutions=("acme",), since=since, until=until))
    'acme, 3 Apr to 3 May 2026'
    """
    shown = ", ".join(window.institutions[:3])
    more = len(window.institutions) - 3
    where = f"{shown} and {more} more" if more > 0 else shown
    days = f"{window.since:%-d %b} to {window.until:%-d %b %Y}"
    vertical = f", {window.vertical.replace('_', ' ')} alone" if window.vertical else ""
    known = f", labels of {window.maturity_days} days after" if window.known == "then" else ""
    return f"{where}, {days}{vertical}{known}"


def _sizes(edit: Edit) -> tuple[int, int]:
    return len(edit.rules) + len(edit.removed), len(edit.verticals)


def _in_words(rules: int, verticals: int) -> str:
    """
    >>> _in_words(3, 1), _in_words(0, 2)
    ('3 rules and 1 vertical', '2 verticals')
    """
    counts = ((rules, "rule"), (verticals, "vertical"))
    return " and ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n)


def _length(path: str) -> Func:
    return Func(F(path), function="jsonb_array_length", output_field=IntegerField())
