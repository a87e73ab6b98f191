"""Decisions with their hits, read-only, and the daily counts."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from clients.admin import InstitutionFilter
from features.catalogue import CATALOGUE
from features.vector import present_by_category, unpack
from foundation.admin_facts import FactAdmin, FactPageAdmin
from foundation.admin_filters import RecentValuesFilter
from foundation.admin_parts import display, relative_time
from scoring.models import Decision, DecisionActivity, RuleActivity
from scoring.replay import replay
from transactions.admin import amount_cell, identifier_cell, scope_of
from transactions.feature_text import feature_texts
from transactions.presenting import masked_identifiers, masked_reference, readable_request
from transactions.search import search

COUNTS = ("live_hits", "shadow_hits", "errors")


def status_cell(status: str) -> SafeString:
    """A sign and a word in the colour of the status."""
    return format_html('<span class="fs-status fs-{0}">{0}</span>', status)


class VerticalFilter(RecentValuesFilter):
    title = "vertical"
    parameter_name = "transaction__vertical"


@admin.register(Decision)
class DecisionAdmin(FactPageAdmin):
    page_template = "scoring/decision.html"
    institution_field = "transaction__institution"  # indexed there, in the order of the list
    list_display = (
        "when",
        "transaction_id_shown",
        "customer_masked",
        "vertical",
        "amount",
        "score",
        "status_shown",
        "top_reason",
    )
    list_display_links = ("transaction_id_shown",)
    list_filter = ("status", "risk_level", VerticalFilter, InstitutionFilter)
    list_select_related = ("transaction__customer", "institution")
    ordering = ("-transaction",)
    search_fields = ("transaction__external_id",)
    search_help_text = "Exact: transaction ID, customer, device, card token, e-mail, phone or IP"

    def get_urls(self) -> list[URLPattern]:
        route = path(
            "<path:object_id>/replay/",
            self.admin_site.admin_view(require_POST(self.replay_view)),
            name="scoring_decision_replay",
        )
        return [route, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        rows: QuerySet[Decision] = super().get_queryset(request)
        match = request.resolver_match
        if match and str(match.url_name).endswith("_changelist"):
            return rows.defer("numbers", "texts", "inputs", "shadow_hits")
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Decision], search_term: str
    ) -> tuple[QuerySet[Decision], bool]:
        if not search_term.strip():
            return queryset, False
        found = search(search_term.strip(), scope_of(request)).values("pk")
        return queryset.filter(pk__in=found), False

    def page_context(self, request: HttpRequest, row: Decision) -> dict[str, Any]:
        values = unpack(row.numbers, row.texts, row.catalogue_version)
        hits = sorted(row.hits, key=lambda hit: (hit["effect"] == "score", -hit["worth"]))
        return {
            "title": f"Decision on {row.transaction.external_id}",
            "hits": hits,
            "shadow_hits": row.shadow_hits,
            "categories": {
                category: feature_texts(known)
                for category, known in present_by_category(values).items()
            },
            "features_known": sum(value is not None for value in values),
            "features_all": len(CATALOGUE),
            "identifiers": masked_identifiers(readable_request(row.transaction)),
            "beaten": feature_texts(row.inputs["computed"]),
            "replay_url": reverse("admin:scoring_decision_replay", args=[row.pk]),
        }

    def replay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Makes the decision again and says whether it came out identical. Changes nothing."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        try:
            differences = replay(row)
        except LookupError as error:
            messages.error(request, f"The decision cannot be made again: {error}")
        else:
            _tell(request, [difference.part for difference in differences])
        return HttpResponseRedirect(reverse("admin:scoring_decision_change", args=[row.pk]))

    @display(description="When")
    def when(self, obj: Decision) -> Any:
        return relative_time(obj.transaction.occurred_at)

    @display(description="Transaction")
    def transaction_id_shown(self, obj: Decision) -> SafeString:
        return identifier_cell(obj.transaction.external_id)

    @display(description="Customer")
    def customer_masked(self, obj: Decision) -> SafeString:
        return identifier_cell(masked_reference(obj.transaction.customer))

    @display(description="Vertical")
    def vertical(self, obj: Decision) -> str:
        return obj.transaction.vertical

    @display(description="Amount")
    def amount(self, obj: Decision) -> SafeString:
        return amount_cell(obj.transaction)

    @display(description="Score")
    def score(self, obj: Decision) -> SafeString:
        return format_html('<span class="fs-number">{}</span>', obj.fraud_score)

    @display(description="Status")
    def status_shown(self, obj: Decision) -> SafeString:
        return status_cell(obj.status)

    @display(description="Top reason")
    def top_reason(self, obj: Decision) -> str:
        if not obj.hits:
            return "–"
        more = len(obj.hits) - 1
        return f"{obj.top_reason} (+{more})" if more else obj.top_reason


def _tell(request: HttpRequest, parts: list[str]) -> None:
    if parts:
        messages.error(request, f"Made again, these parts came out otherwise: {', '.join(parts)}.")
    else:
        messages.success(request, "Made again from what is stored: identical.")


@admin.register(RuleActivity)
class RuleActivityAdmin(FactAdmin):
    list_display = (
        "day",
        "rule_code",
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


@admin.register(DecisionActivity)
class DecisionActivityAdmin(FactAdmin):
    list_display = ("day", "status_shown", "vertical", "institution", "decisions")
    list_display_links = None
    list_filter = ("status", "vertical", InstitutionFilter)
    list_select_related = ("institution",)
    ordering = ("-day", "status")

    @display(description="Status")
    def status_shown(self, obj: DecisionActivity) -> SafeString:
        return status_cell(obj.status)
