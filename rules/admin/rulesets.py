"""Rulesets: what is and was in force, what a publication changed, proposing and rolling back."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from features.catalogue import CATALOGUE
from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    action,
    found,
    own_paths,
    page,
    person,
    relative_time,
)
from rules.admin.pages import confirm_publication, state_label
from rules.diffs import diff_snapshots
from rules.models import Publication, Ruleset
from rules.publishing import propose_publication, rollback
from rules.queries import diff_rulesets, pending_changes, published_snapshot


@admin.register(Ruleset)
class RulesetAdmin(ReadOnlyModelAdmin):
    empty_list = "Each publication of the rule book stands here with what it changed."
    list_display = ("ruleset", "in_force", "published", "by", "note", "back_to")
    list_display_links = None
    ordering = ("-number",)
    sortable_by = ()
    actions_list = ("publication",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the snapshots, which are large and which the list does not show."""
        pointer = Publication.objects.filter(ruleset=OuterRef("pk"))
        return super().get_queryset(request).defer("snapshot").annotate(is_current=Exists(pointer))

    @admin.display(description="ruleset")
    def ruleset(self, ruleset: Ruleset) -> SafeString:
        url = reverse("admin:rules_ruleset_change", args=[ruleset.number])
        return format_html('<a class="fs-link" href="{}">{}</a>', url, ruleset.number)

    @admin.display(description="in force")
    def in_force(self, ruleset: Any) -> str | SafeString:
        if not ruleset.is_current:
            return ""
        return format_html('<span class="fs-status fs-approved">{}</span>', "in force")

    @admin.display
    def published(self, ruleset: Ruleset) -> str:
        return relative_time(ruleset.published_at)

    @admin.display(description="by")
    def by(self, ruleset: Ruleset) -> str:
        return ruleset.created_by_name

    @admin.display(description="rolled back to")
    def back_to(self, ruleset: Ruleset) -> str:
        return str(ruleset.rolls_back_to_id or "")

    @action(
        description="Propose publication",
        permissions=["publish_book"],
        url_path="publication",
        icon="publish",
    )
    def publication(self, request: HttpRequest) -> HttpResponse:
        """Of what reached the rule book otherwise than by a change set."""
        return HttpResponseRedirect(reverse("admin:rules_ruleset_propose"))

    def has_publish_book_permission(self, request: HttpRequest) -> bool:
        """Only while the rule book differs from the ruleset in force. Three queries."""
        may = person(request).has_perm("rules.publish_ruleset")
        return may and bool(pending_changes(CATALOGUE.version))

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("propose/", self.propose_view, "propose"),
            ("<int:number>/rollback/", self.rollback_view, "rollback"),
        )
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The ruleset's page, with what it changed."""
        ruleset: Any = found(self, request, object_id)
        content = ruleset.content
        may_publish = person(request).has_perm("rules.publish_ruleset")
        return page(
            self,
            request,
            "rules/ruleset.html",
            title=f"Ruleset {ruleset.number}",
            original=ruleset,
            ruleset=ruleset,
            content=content,
            rules=[(rule, state_label(rule.state)) for rule in content.rules],
            diff=diff_rulesets(ruleset.based_on, ruleset),
            may_roll_back=may_publish and not ruleset.is_current,
        )

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        return confirm_publication(
            self,
            request,
            title="Propose publication",
            button="Propose publication",
            diff=pending_changes(CATALOGUE.version),
            propose=lambda reason: propose_publication(by=person(request), reason=reason),
        )

    def rollback_view(self, request: HttpRequest, number: int) -> HttpResponse:
        target: Ruleset = found(self, request, str(number))
        return confirm_publication(
            self,
            request,
            title=f"Roll back to ruleset {number}",
            button="Propose to roll back",
            diff=diff_snapshots(published_snapshot(), target.content),
            propose=lambda why: rollback(to_number=number, by=person(request), reason=why),
        )
