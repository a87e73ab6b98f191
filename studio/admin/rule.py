"""A rule's page: what it says, in the editor; its figures, its versions, its moves."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from foundation.admin_parts import demand, found, own_paths, page, person
from foundation.errors import Problem
from rules.admin.moves import EXPLANATIONS
from rules.definition import State
from rules.errors import Invalid, StaleEdit
from rules.models import Rule
from rules.queries import diff_versions
from rules.reasons import say_value
from studio.admin.change_acts import trial_told
from studio.admin.live import EDIT
from studio.admin.move_form import move_form
from studio.admin.panel import PanelParts, window_of
from studio.admin.rule_shown import VERSIONS_SHOWN, changed_since, editor, held_instead, standing
from studio.changes.errors import Outdated
from studio.changes.trying import try_edits
from studio.editor.drafts import Draft, read_draft
from studio.editor.live import Found, errors_in
from studio.editor.saving import NEW, SAVED, Saved, places_for, save_draft, save_move
from studio.models.changes import ChangeSet

ADD = "rules.add_rule"


class RulePages(PanelParts):
    """Of the admin of rules: the page of one rule, which is its editor as well."""

    list_select_related = ("current",)

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<int:pk>/state/<slug:to>/", self.state_view, "state"),
            ("<int:pk>/versions/<int:number>/", self.version_view, "version"),
        )
        return [*own, *super().get_urls()]

    # -- the page -----------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The rule's page; a form sent to it goes into a change set."""
        rule: Rule = found(self, request, object_id)
        if request.method == "POST":
            demand(request, EDIT)
            return self._save(request, rule)
        return self._show(request, rule)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        demand(request, ADD)
        if request.method == "POST":
            return self._save(request, None)
        return self._show(request, None)

    def _save(self, request: HttpRequest, rule: Rule | None) -> HttpResponse:
        """Into the change set that was chosen, or else the page again with all that was typed."""
        user = person(request)
        draft = read_draft(request.POST, code=rule.code if rule else "")
        into = request.POST.get("into", "")
        findings: tuple[Found, ...] = ()
        stale = ""
        if draft.definition is not None and not (findings := errors_in(draft.definition)):
            try:
                saved = save_draft(
                    by=user,
                    rule=rule,
                    draft=draft,
                    into=into,
                    seen=request.POST.get("seen"),
                    begins=_begins(request),
                )
            except (StaleEdit, Outdated) as problem:
                stale = problem.detail
            except Invalid as problem:
                findings = tuple(Found(field=f.field, message=f.message) for f in problem.findings)
            except Problem as problem:
                draft.form.add_error(None, problem.detail)
            else:
                request.session[SAVED] = rule.code if rule else NEW
                return _tried(request, saved) if "attach" in request.POST else _kept(request, saved)
        fresh = Rule.objects.select_related("current").get(pk=rule.pk) if rule else None
        response = self._show(request, fresh, draft=draft, findings=findings, stale=stale)
        response.status_code = 409 if stale else 400
        return response

    def _show(
        self,
        request: HttpRequest,
        rule: Rule | None,
        *,
        draft: Draft | None = None,
        findings: tuple[Found, ...] = (),
        stale: str = "",
    ) -> HttpResponse:
        user = person(request)
        version = rule.version if rule else None
        title = version.name if version else "New rule"
        may_change = user.has_perm(EDIT if rule else ADD)
        context = standing(rule, user) if rule else {}
        if may_change:
            context |= editor(rule, user, draft, request.POST if draft else request.GET)
        if stale and draft:
            context |= _instead(request, rule, draft)
        return page(
            self,
            request,
            "studio/rule.html" if may_change else "studio/rule_read.html",
            title=title,
            original=rule,
            rule=rule,
            version=version,
            may_change=may_change,
            findings=findings,
            stale_words=stale,
            is_fullwidth="1",
            **context,
        )

    # -- versions -----------------------------------------------------------------------------

    def version_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """One version beside another: the one before, or the one asked for with `?against=`."""
        rule: Rule = found(self, request, str(pk))
        against = request.GET.get("against", "")
        other = int(against) if against.isdecimal() and len(against) < 9 else number - 1
        near = {v.number: v for v in rule.versions.filter(number__in=(number, other))}
        if number not in near:
            raise Http404
        version, before = near[number], near.get(other) if other != number else None
        return page(
            self,
            request,
            "studio/version.html",
            title=f"{version.name}, version {number}",
            original=rule,
            rule=rule,
            version=version,
            before=before,
            changes=diff_versions(before, version) if before else (),
            parameters=[(p, say_value(p.value)) for p in version.parameter_list],
            numbers=rule.versions.order_by("-number").values_list("number", flat=True)[
                :VERSIONS_SHOWN
            ],
        )

    # -- moves --------------------------------------------------------------------------------

    def state_view(self, request: HttpRequest, pk: int, to: str) -> HttpResponse:
        """Asks why a rule should move, and puts the move into a change set."""
        demand(request, EDIT)
        rule: Rule = found(self, request, str(pk))
        if to not in set(State):
            raise Http404
        target, user = State(to), person(request)
        places = places_for(by=user, code=rule.code)
        form = move_form(target, State(rule.state), places)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            try:
                saved = save_move(
                    by=user,
                    rule=rule,
                    to=target,
                    expected_state=State(values["expected_state"]),
                    canary_percent=values.get("canary_percent"),
                    note=values["reason"],
                    into=values["into"],
                )
            except Problem as problem:
                form.add_error(None, problem.detail)
            else:
                return _kept(request, saved)
        return page(
            self,
            request,
            "foundation/confirm.html",
            title=f"{rule.code}: {rule.state} to {target}",
            explanation=EXPLANATIONS[target],
            button="Put it into the change set",
            form=form,
            back=reverse("admin:rules_rule_change", args=[rule.pk]),
            original=rule,
        )


def _begins(request: HttpRequest) -> State:
    """Of a new rule."""
    return State.SHADOW if request.POST.get("begins") == State.SHADOW else State.DRAFT


def _instead(request: HttpRequest, rule: Rule | None, draft: Draft) -> dict[str, Any]:
    """What stands in the way of saving: another edit in the change set, or a newer version."""
    code = rule.code if rule else draft.form.cleaned_data["code"]
    held = held_instead(person(request), code, request.POST.get("into", ""), rule)
    if held is not None and held["mark"] != request.POST.get("seen"):
        return {"held": held}
    return {"stale": changed_since(rule, request.POST.get("expected_version", ""))} if rule else {}


def _kept(request: HttpRequest, saved: Saved) -> HttpResponse:
    words = f"Saved in “{saved.title}”. Decisions stay as they are until it is published."
    messages.success(request, words)
    return HttpResponseRedirect(saved.url)


def _tried(request: HttpRequest, saved: Saved) -> HttpResponse:
    """The draft is saved; the panel's window is tried with all that stands in its change set, and
    the result attached. What keeps it from that keeps nothing from being saved."""
    change_set = ChangeSet.objects.get(pk=saved.pk)
    try:
        trial = try_edits(by=person(request), change_set=change_set, window=window_of(request))
    except Problem as problem:
        messages.warning(request, f"Saved in “{saved.title}”, without a backtest: {problem.detail}")
    else:
        messages.success(request, f"Saved in “{saved.title}”. {trial_told(trial)}")
    return HttpResponseRedirect(saved.url)
