"""Decisions with their hits, read-only, and the daily counts."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from clients.admin import InstitutionFilter
from features.catalogue import CATALOGUE
from features.vector import present_by_category, unpack
from foundation.admin_facts import FactAdmin, FactPageAdmin
from foundation.admin_filters import RecentValuesFilter
from foundation.admin_parts import display, found, short_text
from scoring.admin_explaining import explain_for, moved, way_back
from scoring.cells import decided_cell, number_cell, rule_link, status_cell, two_lines
from scoring.models import Decision, DecisionActivity, RuleActivity
from scoring.replay import replay
from scoring.reports.of_rule import labelled_hits
from transactions.admin import amount_cell, identifier_cell
from transactions.admin_search import TransactionSearch, scope_of
from transactions.feature_text import feature_texts, shown_features
from transactions.presenting import (
    masked_identifiers,
    masked_reference,
    readable_request,
    supplied_names,
)

_TRUTHS = ("fraud", "genuine")
COUNTS = ("live_hits", "shadow_hits", "errors")


class VerticalFilter(RecentValuesFilter):
    title = "vertical"
    parameter_name = "transaction__vertical"


class LabelledFilter(admin.SimpleListFilter):
    """The rows behind a figure of a rule's page: `<code>.fraud` or `<code>.genuine`. Is offered
    nowhere else."""

    title = "what a rule's hits turned out to be"
    parameter_name = "labelled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        code, _, truth = (self.value() or "").rpartition(".")
        return [(f"{code}.{truth}", f"{code}: {truth}")] if truth in _TRUTHS else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code, _, truth = (self.value() or "").rpartition(".")
        if truth not in _TRUTHS:
            return queryset
        scope, fraud = scope_of(request), truth == "fraud"
        return queryset.filter(pk__in=labelled_hits(code, scope, fraud=fraud, now=clock.now()))


@admin.register(Decision)
class DecisionAdmin(TransactionSearch, FactPageAdmin):
    page_template = "scoring/decision.html"
    institution_field = "transaction__institution"  # indexed there, in the order of the list
    list_fullwidth = True
    empty_list = (
        "Every transaction that a client sends, or that is imported, gets a decision; it appears "
        "here at once. How to send one stands in the API's description at /docs."
    )
    list_display = (
        "decided",
        "transaction_id_shown",
        "customer_masked",
        "amount",
        "score",
        "status_shown",
        "top_reason",
    )
    list_display_links = ("transaction_id_shown",)
    list_filter = ("status", "risk_level", VerticalFilter, InstitutionFilter, LabelledFilter)
    list_select_related = ("transaction__customer", "institution")
    ordering = ("-transaction",)

    def get_urls(self) -> list[URLPattern]:
        acts = {"replay": self.replay_view, "explain": self.explain_view}
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"scoring_decision_{name}",
            )
            for name, view in acts.items()
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        rows: QuerySet[Decision] = super().get_queryset(request)
        match = request.resolver_match
        if match and str(match.url_name).endswith("_changelist"):
            return rows.defer("numbers", "texts", "inputs", "shadow_hits")
        return rows

    def page_context(self, request: HttpRequest, row: Decision) -> dict[str, Any]:
        values = unpack(row.numbers, row.texts, row.catalogue_version)
        request_sent = readable_request(row.transaction)
        hits = sorted(row.hits, key=lambda hit: (hit["effect"] == "score", -hit["worth"]))
        return {
            "title": f"Decision on {row.transaction.external_id}",
            "hits": hits,
            "shadow_hits": row.shadow_hits,
            "categories": {
                category: shown_features(
                    known, supplied_names(request_sent), row.transaction.currency
                )
                for category, known in present_by_category(values).items()
            },
            "features_known": sum(value is not None for value in values),
            "features_all": len(CATALOGUE),
            "identifiers": masked_identifiers(request_sent),
            "beaten": _beaten(row.inputs["computed"], values),
            "replay_url": reverse("admin:scoring_decision_replay", args=[row.pk]),
            "moved": moved(row),
        }

    def explain_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Has the worker tell what moved the model; goes back to the page that asked, `next`."""
        row: Decision = found(self, request, object_id)
        explain_for(request, row)
        own = reverse("admin:scoring_decision_change", args=[row.pk])
        return HttpResponseRedirect(way_back(request, own))

    def replay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Makes the decision again and says whether it came out identical. Changes nothing."""
        row: Decision = found(self, request, object_id)
        try:
            differences = replay(row)
        except LookupError as error:
            messages.error(request, f"The decision cannot be made again: {error}")
        else:
            _tell(request, [difference.part for difference in differences])
        return HttpResponseRedirect(reverse("admin:scoring_decision_change", args=[row.pk]))

    @display(description="Decided")
    def decided(self, obj: Decision) -> SafeString:
        return decided_cell(obj)

    @display(description="Transaction")
    def transaction_id_shown(self, obj: Decision) -> SafeString:
        """The vertical stands below it, since rows have two lines anyhow."""
        return format_html(
            '{}<br><span class="fs-line fs-muted">{}</span>',
            short_text(obj.transaction.external_id),
            obj.transaction.vertical,
        )

    @display(description="Customer")
    def customer_masked(self, obj: Decision) -> SafeString:
        return identifier_cell(masked_reference(obj.transaction.customer))

    @display(description="Amount")
    def amount(self, obj: Decision) -> SafeString:
        return amount_cell(obj.transaction)

    @display(description="Score")
    def score(self, obj: Decision) -> SafeString:
        return number_cell(obj.fraud_score)

    @display(description="Status")
    def status_shown(self, obj: Decision) -> SafeString:
        return status_cell(obj.status)

    @display(description="Top reason")
    def top_reason(self, obj: Decision) -> SafeString:
        more = len(obj.hits) - 1
        return two_lines(f"{obj.top_reason} (+{more})" if more > 0 else obj.top_reason)


def _beaten(computed: dict[str, Any], values: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Features of which the client said otherwise than we found: name, its value, ours."""
    ours = feature_texts(computed)
    theirs = feature_texts({name: values[CATALOGUE.index[name]] for name in computed})
    return [(name, theirs[name], text) for name, text in ours.items() if theirs[name] != text]


def _tell(request: HttpRequest, parts: list[str]) -> None:
    if parts:
        messages.error(request, f"Made again, these parts came out otherwise: {', '.join(parts)}.")
    else:
        messages.success(request, "Made again from what is stored: identical.")


@admin.register(RuleActivity)
class RuleActivityAdmin(FactAdmin):
    list_display = (
        "day",
        "rule",
        "vertical",
        "institution",
        "live_hits",
        "shadow_hits",
        "errors",
    )
    list_display_links = None
    list_filter = ("rule_code", "vertical", InstitutionFilter)
    list_select_related = ("institution",)
    ordering = ("-day", "-live_hits")
    counted = ("row", "rows")
    empty_list = (
        "Here stands how often each rule fired on each day, with effect and in shadow. The worker "
        "counts decisions within seconds."
    )

    @display(description="Rule")
    def rule(self, obj: RuleActivity) -> SafeString:
        return rule_link(obj.rule_code)


@admin.register(DecisionActivity)
class DecisionActivityAdmin(FactAdmin):
    list_display = ("day", "status_shown", "vertical", "institution", "decisions")
    list_display_links = None
    list_filter = ("status", "vertical", InstitutionFilter)
    list_select_related = ("institution",)
    ordering = ("-day", "status")
    counted = ("row", "rows")
    empty_list = "Here stands how many decisions of each status a day had."

    @display(description="Status")
    def status_shown(self, obj: DecisionActivity) -> SafeString:
        return status_cell(obj.status)
