"""A rule's page: what it says, in the editor; its figures, its versions, its moves."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from foundation.admin_parts import demand, found, page, person
from foundation.errors import Problem
from foundation.models import User
from rules.admin.guide import suggestions
from rules.admin.moves import EXPLANATIONS, moves_from
from rules.admin.pages import state_label, verticals_in_words
from rules.definition import State
from rules.errors import Invalid, StaleEdit
from rules.forms import ParameterFormSet, RuleForm
from rules.models import Rule, RuleVersion
from rules.queries import diff_versions, published_rule
from rules.reasons import say_value
from studio.admin.live import EDIT
from studio.admin.move_form import move_form
from studio.admin.panel import PanelParts, panel_context
from studio.changes.errors import Outdated
from studio.editor.drafts import ROWS, Draft, blank_values, form_values, read_draft
from studio.editor.live import Found, errors_in
from studio.editor.saving import (
    NEW,
    Saved,
    Started,
    others_editing,
    places_for,
    save_draft,
    save_move,
    started_edit,
)

ADD = "rules.add_rule"
VERSIONS_SHOWN = 100


class RulePages(PanelParts):
    """Of the admin of rules: the page of one rule, which is its editor as well."""

    list_select_related = ("current",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/state/<slug:to>/", wrap(self.state_view), name="rules_rule_state"),
            path(
                "<int:pk>/versions/<int:number>/",
                wrap(self.version_view),
                name="rules_rule_version",
            ),
        ]
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
        findings: tuple[Found, ...] = ()
        stale = ""
        if draft.definition is not None and not (findings := errors_in(draft.definition)):
            try:
                saved = save_draft(
                    by=user, rule=rule, draft=draft, into=request.POST.get("into", "")
                )
            except (StaleEdit, Outdated) as problem:
                stale = problem.detail
            except Invalid as problem:
                findings = tuple(Found(field=f.field, message=f.message) for f in problem.findings)
            except Problem as problem:
                draft.form.add_error(None, problem.detail)
            else:
                return _kept(request, saved)
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
        context = _standing(rule, user) if rule else {}
        if may_change:
            context |= _editor(rule, user, draft, request.GET.get("into", ""))
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
            stale=_stale_changes(rule, request) if stale and rule else None,
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


def _kept(request: HttpRequest, saved: Saved) -> HttpResponse:
    words = f"Saved in “{saved.title}”. Decisions stay as they are until it is published."
    messages.success(request, words)
    return HttpResponseRedirect(saved.url)


def _standing(rule: Rule, user: User) -> dict[str, Any]:
    """What is known of the rule as it is. Three queries."""
    version = rule.version
    return {
        "state": state_label(rule.state),
        "verticals": verticals_in_words(version.only, version.exclude),
        "parameters": [(p, say_value(p.value)) for p in version.parameter_list],
        "versions": rule.versions.order_by("-number")[:VERSIONS_SHOWN],
        "in_force": published_rule(rule.code),
        "moves": moves_from(State(rule.state)) if user.has_perm(EDIT) else [],
    }


def _editor(rule: Rule | None, user: User, draft: Draft | None, into: str) -> dict[str, Any]:
    """The form: with what was typed, else with the draft in a change set, else with the rule.

    Five queries.
    """
    code = rule.code if rule else ""
    started = started_edit(by=user, code=code, into=into) if rule and draft is None else None
    form, rows = _forms(rule, draft, started)
    places = places_for(by=user, code=code)
    return {
        "form": form,
        "rows": rows,
        "row_values": [_row(row) for row in rows],
        "started": started,
        "others": others_editing(by=user, code=code) if rule else [],
        "places": places,
        "chosen": _chosen([key for key, _ in places], started, into),
        "suggestions": suggestions(),
        **panel_context(user),
    }


def _forms(rule: Rule | None, draft: Draft | None, started: Started | None) -> tuple[RuleForm, Any]:
    if draft is not None:
        return draft.form, draft.rows
    rows: list[dict[str, Any]] = []
    if rule is None:
        values = blank_values()
    else:
        values, rows = form_values(started.definition if started else rule.version.definition)
        values |= {"code": rule.code, "note": started.note if started else ""}
        values["expected_version"] = started.base_version if started else rule.version.number
    form = RuleForm(initial=values)
    if rule is not None:
        form.fields["code"].disabled = True
    return form, ParameterFormSet(initial=rows, prefix=ROWS)


def _row(row: Any) -> dict[str, Any]:
    """A parameter's row with what it shows at once; the empty one at the end has no name."""
    shown = {name: row[name].value() or "" for name in ("name", "kind", "value", "currency")}
    bounds = {name: row[name].value() for name in ("minimum", "maximum", "unit", "doc")}
    return {"form": row, **shown, **bounds, "is_new": not shown["name"]}


def _chosen(keys: list[str], started: Started | None, into: str) -> str:
    """Where the draft came from, else what the address names, else the usual place."""
    if started:
        return str(started.change_set)
    return into if into in keys else keys[0] if keys else NEW


def _stale_changes(rule: Rule, request: HttpRequest) -> Any:
    """What others changed since the version with which this edit began."""
    began = request.POST.get("expected_version", "")
    old = RuleVersion.objects.filter(rule=rule, number=began).first() if began.isdecimal() else None
    return diff_versions(old, rule.version) if old else ()
