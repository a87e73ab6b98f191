"""The panel of a rule's page: what the draft would have done, and the transactions behind it."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_POST

from clients.models import Institution
from foundation.admin_parts import demand, found, own_paths, person
from foundation.errors import BadRequest, Problem, TooManyRequests
from foundation.models import User
from foundation.scopes import visible_institutions
from rules.definition import VERTICALS
from studio.admin.comparison import comparison
from studio.admin.live import EDIT, LiveParts, answered, draft_of, fragment
from studio.backtest.contract import SAMPLES, Edit, Result, Window
from studio.backtest.errors import TooManyBacktests, TooMuchAtOnce
from studio.backtest.samples import samples, tried_now, tried_of
from studio.backtest.services import cancel_backtest, quick
from studio.editor.bounding import bound
from studio.editor.live import errors_in
from studio.editor.testing import edit_of_draft
from studio.models import Backtest
from studio.tasks import start_backtest

SEE: Final = "scoring.view_decision"
WINDOW_DAYS: Final = (7, 30, 90, 365)
TESTS: Final = 20  # in ten seconds, by one person
UNSOUND: Final = "Mend what is wrong with the rule first."


class PanelParts(LiveParts):
    """Of the admin of rules: backtests of a draft."""

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("backtest/", require_POST(self.backtest_view), "backtest"),
            ("backtest/<uuid:run>/", self.run_view, "backtest_run"),
            ("backtest/<uuid:run>/cancel/", require_POST(self.cancel_view), "backtest_cancel"),
            ("samples/", require_POST(self.samples_view), "samples"),
        )
        return [*own, *super().get_urls()]

    def backtest_view(self, request: HttpRequest) -> HttpResponse:
        """A fragment of HTML: the comparison, a run's progress, or why there is none."""
        demand(request, EDIT)
        demand(request, SEE)
        return answered(lambda: self._backtest(request))

    def _backtest(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        bound(user, "backtest", TESTS)
        edit = _edit_of(request)
        if edit is None:
            return refused(request, UNSOUND)
        window = window_of(request)
        try:
            result = quick(by=user, edit=edit, window=window)
        except TooMuchAtOnce:
            return self._later(request, edit, window)
        except TooManyBacktests as busy:  # the page asks again by itself
            raise TooManyRequests(busy.detail, retry_after=2) from None
        except Problem as problem:
            return refused(request, problem.detail)
        return fragment(request, "studio/parts/comparison.html", comparison(result))

    def _later(self, request: HttpRequest, edit: Edit, window: Window) -> HttpResponse:
        try:
            run = start_backtest(by=person(request), edit=edit, window=window)
        except Problem as problem:
            return refused(request, problem.detail)
        return standing(request, run)

    def run_view(self, request: HttpRequest, run: UUID) -> HttpResponse:
        """A fragment of HTML: how far one's own run is, or what came of it."""
        demand(request, EDIT)
        demand(request, SEE)
        return standing(request, get_object_or_404(Backtest, pk=run, by=person(request)))

    def cancel_view(self, request: HttpRequest, run: UUID) -> HttpResponse:
        demand(request, EDIT)
        return answered(lambda: standing(request, cancel_backtest(by=person(request), pk=run)))

    def samples_view(self, request: HttpRequest) -> HttpResponse:
        """A fragment of HTML: those of these transactions that the person may see, as they are
        decided without and with the draft, or what the backtest `run` tried."""
        demand(request, SEE)
        return answered(lambda: self._samples(request))

    def _samples(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        bound(user, "samples", TESTS)
        if run := request.POST.get("run", ""):
            tried = tried_of(found(self.admin_site.get_model_admin(Backtest), request, run))
        else:
            demand(request, EDIT)
            edit = _edit_of(request)
            if edit is None:
                return refused(request, UNSOUND)
            tried = tried_now(edit)
        rows = samples(by=user, tried=tried, ids=_ids(request.POST.get("ids", "")))
        return fragment(request, "studio/parts/samples.html", {"rows": rows, "most": SAMPLES})


def _edit_of(request: HttpRequest) -> Edit | None:
    """What was typed, as a backtest tries it; None where it is unsound."""
    draft, _ = draft_of(request)
    definition = draft.definition
    if definition is None or errors_in(definition):
        return None
    code = request.POST.get("rule") or draft.form.cleaned_data["code"]
    return edit_of_draft(code=code, definition=definition)


def panel_context(user: User) -> dict[str, Any]:
    """What the panel offers to choose from. One query."""
    return {
        "window_days": WINDOW_DAYS,
        "institutions": list(_institutions(user).values_list("slug", "name")),
        "all_verticals": [(code, code.replace("_", " ")) for code in VERTICALS],
    }


def window_of(request: HttpRequest) -> Window:
    """The window that was chosen, of institutions that the person works for. One query."""
    sent, user = request.POST, person(request)
    days, until = sent.get("days", ""), clock.now()
    chosen = next((one for one in WINDOW_DAYS if days == str(one)), 30)
    slugs = list(_institutions(user).values_list("slug", flat=True))
    if wanted := sent.get("institution"):
        slugs = [slug for slug in slugs if slug == wanted]
    if not slugs:
        raise BadRequest("There is no such institution among those that you work for.")
    vertical = sent.get("vertical", "")
    return Window(
        institutions=tuple(slugs),
        since=until - timedelta(days=chosen),
        until=until,
        vertical=vertical if vertical in VERTICALS else None,
        known="then" if sent.get("known") == "then" else "today",
    )


def standing(request: HttpRequest, run: Backtest) -> HttpResponse:
    """A run as it stands."""
    if run.is_unfinished:
        context = {
            "percent": round(100 * run.progress),
            "run_url": reverse("admin:rules_rule_backtest_run", args=[run.pk]),
            "cancel_url": reverse("admin:rules_rule_backtest_cancel", args=[run.pk]),
        }
        return fragment(request, "studio/parts/running.html", context)
    if run.state == Backtest.State.DONE and run.result is not None:
        result = Result.load(run.result)
        return fragment(request, "studio/parts/comparison.html", comparison(result))
    words = run.told or "It was cancelled. The next change begins another one."
    return refused(request, words)


def refused(request: HttpRequest, words: str) -> HttpResponse:
    return fragment(request, "studio/parts/refusal.html", {"words": words})


def _institutions(user: User) -> Any:
    visible = visible_institutions(user)
    every = Institution.objects.order_by("name")
    return every if visible is None else every.filter(pk__in=visible)


def _ids(text: str) -> list[UUID]:
    found = []
    for part in text.split(",")[:SAMPLES]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found
