"""Rules: list, page with history, editor, moves between states."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import (
    FastModelAdmin,
    action,
    confirm_page,
    demand,
    found,
    page,
    person,
    relative_time,
)
from foundation.errors import Problem
from rules.admin.guide import guide, suggestions
from rules.admin.moves import EXPLANATIONS, MOVE_NAMES, moves_from, starting_from
from rules.admin.pages import state_label, verticals_in_words
from rules.definition import Definition, State
from rules.errors import Finding, Invalid
from rules.forms import CanaryForm, ParameterForm, ParameterFormSet, RuleForm, StateForm
from rules.models import Rule, RuleVersion
from rules.queries import diff_versions, published_rule
from rules.reasons import say_value
from rules.services import create_rule, edit_rule, set_rule_state


@admin.register(Rule)
class RuleAdmin(FastModelAdmin):
    empty_list = "The rules that decide. manage.py load_rules brings those that are shipped."
    list_display = (
        "rule",
        "state_shown",
        "version_shown",
        "effect",
        "severity",
        "verticals",
        "last_change",
    )
    list_display_links = None
    list_filter = ("state", "current__category", "current__severity", "current__effect", "builtin")
    list_select_related = ("current",)
    search_fields = ("code", "current__name", "current__flag_type", "current__family")
    ordering = ("code",)
    sortable_by = ()
    actions_list = ("publication",)

    # -- list ---------------------------------------------------------------------------------

    @admin.display(description="rule")
    def rule(self, rule: Rule) -> SafeString:
        return format_html(
            '<a class="fs-link" href="{}">{}</a><br><span class="fs-id fs-muted">{}</span>',
            reverse("admin:rules_rule_change", args=[rule.pk]),
            rule.version.name,
            rule.code,
        )

    @admin.display(description="state")
    def state_shown(self, rule: Rule) -> SafeString:
        return state_label(rule.state)

    @admin.display(description="version")
    def version_shown(self, rule: Rule) -> int:
        return rule.version.number

    @admin.display
    def effect(self, rule: Rule) -> str:
        return rule.version.effect

    @admin.display
    def severity(self, rule: Rule) -> str:
        return rule.version.severity

    @admin.display
    def verticals(self, rule: Rule) -> str:
        return verticals_in_words(rule.version.only, rule.version.exclude)

    @admin.display(description="last change")
    def last_change(self, rule: Rule) -> str:
        return relative_time(rule.changed_at)

    @action(
        description="Propose publication",
        permissions=["rules.publish_ruleset"],
        url_path="publication",
        icon="publish",
    )
    def publication(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:rules_ruleset_propose"))

    # -- permissions: changes go through the pages below --------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("guide/", wrap(self.guide_view), name="rules_rule_guide"),
            path("code/<slug:code>/", wrap(self.code_view), name="rules_rule_by_code"),
            path("<int:pk>/edit/", wrap(self.edit_view), name="rules_rule_edit"),
            path("<int:pk>/state/<slug:to>/", wrap(self.state_view), name="rules_rule_state"),
            path(
                "<int:pk>/versions/<int:number>/",
                wrap(self.version_view),
                name="rules_rule_version",
            ),
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    # -- pages --------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The rule's page. Six queries besides the frame's, however many versions."""
        rule: Rule = found(self, request, object_id)
        version = rule.version
        user = person(request)
        may_change = user.has_perm("rules.change_rule")
        return page(
            self,
            request,
            "rules/rule.html",
            title=version.name,
            original=rule,
            rule=rule,
            version=version,
            state=state_label(rule.state),
            verticals=verticals_in_words(version.only, version.exclude),
            parameters=[(p, say_value(p.value)) for p in version.parameter_list],
            versions=rule.versions.order_by("-number")[:100],
            in_force=published_rule(rule.code),
            may_change=may_change,
            may_publish=user.has_perm("rules.publish_ruleset"),
            moves=moves_from(State(rule.state)) if may_change else [],
        )

    def code_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Leads from a code, which is all that decisions keep, to the rule's page."""
        rule = get_object_or_404(Rule, code=code)
        return HttpResponseRedirect(reverse("admin:rules_rule_change", args=[rule.pk]))

    def version_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """One version, and how it differs from the one before."""
        rule: Rule = found(self, request, str(pk))
        near = rule.versions.filter(number__in=(number, number - 1)).order_by("number")
        versions = {version.number: version for version in near}
        if number not in versions:
            raise Http404
        version, before = versions[number], versions.get(number - 1)
        return page(
            self,
            request,
            "rules/version.html",
            title=f"{version.name}, version {number}",
            original=rule,
            rule=rule,
            version=version,
            before=before,
            changes=diff_versions(before, version) if before else (),
            parameters=[(p, say_value(p.value)) for p in version.parameter_list],
        )

    def state_view(self, request: HttpRequest, pk: int, to: str) -> HttpResponse:
        """Confirms a move and makes it."""
        demand(request, "rules.change_rule")
        rule: Rule = found(self, request, str(pk))
        if to not in set(State):
            raise Http404
        target = State(to)

        def move(values: dict[str, Any]) -> str:
            set_rule_state(
                by=person(request),
                code=rule.code,
                to=target,
                expected_state=State(values["expected_state"]),
                canary_percent=values.get("canary_percent"),
                reason=values["reason"],
            )
            return f"{rule.code} is {target} now; it takes force when published."

        form = CanaryForm if target is State.CANARY else StateForm
        return confirm_page(
            self,
            request,
            title=f"{rule.code}: {rule.state} to {target}",
            explanation=EXPLANATIONS[target],
            button=MOVE_NAMES[target],
            form_class=starting_from(form, rule.state),
            act=move,
            back=reverse("admin:rules_rule_change", args=[rule.pk]),
        )

    # -- editor -------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        demand(request, "rules.add_rule")
        return self._editor(request, None)

    def guide_view(self, request: HttpRequest) -> HttpResponse:
        """The language in short, and every feature that a rule can read; no query."""
        demand(request, "rules.view_rule")
        return page(self, request, "rules/guide.html", title="Writing rules", **guide())

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        demand(request, "rules.change_rule")
        return self._editor(request, found(self, request, str(pk)))

    def _editor(self, request: HttpRequest, rule: Rule | None) -> HttpResponse:
        form, parameters = _forms(request, rule)
        findings: tuple[Finding, ...] = ()
        if request.method == "POST" and form.is_valid() and parameters.is_valid():
            try:
                saved = _save(request, rule, form, parameters)
            except Invalid as error:
                findings = error.findings
                form.show(findings)
            except Problem as problem:
                form.add_error(None, problem.detail)
            else:
                messages.success(request, "Saved. It takes force when published.")
                return HttpResponseRedirect(reverse("admin:rules_rule_change", args=[saved]))
        return page(
            self,
            request,
            "rules/edit_rule.html",
            title=f"Edit {rule.code}" if rule else "New rule",
            original=rule,
            rule=rule,
            form=form,
            parameters=parameters,
            blocks=[finding for finding in findings if finding.block],
            suggestions=suggestions(),
        )


def _forms(request: HttpRequest, rule: Rule | None) -> tuple[RuleForm, Any]:
    data = request.POST or None
    initial: dict[str, Any] = {"effect": "score", "severity": "medium", "confidence": 0.8}
    rows: list[dict[str, Any]] = []
    if rule:
        definition: Definition = rule.version.definition
        initial = {**RuleForm.values_of(definition), "code": rule.code}
        initial["expected_version"] = rule.version.number
        rows = [ParameterForm.values_of(p) for p in definition.parameters]
    form = RuleForm(data, initial=initial)
    form.fields["code"].disabled = rule is not None
    if rule is None:
        del form.fields["note"]  # the description says why there is a new rule
    return form, ParameterFormSet(data, initial=rows, prefix="parameters")


def _save(request: HttpRequest, rule: Rule | None, form: RuleForm, parameters: Any) -> int:
    """Gives the form to the service; the saved rule's primary key."""
    rows = [row for row in parameters if row.has_changed() or row.initial]
    kept = [row.parameter for row in rows if not row.cleaned_data.get("DELETE")]
    definition = form.definition(kept)
    values = form.cleaned_data
    user = person(request)
    if rule is None:
        code = values["code"]
        return create_rule(by=user, code=code, definition=definition).pk
    version: RuleVersion = edit_rule(
        by=user,
        code=rule.code,
        definition=definition,
        expected_version=values["expected_version"] or 0,
        note=values["note"],
    )
    return version.rule_id
