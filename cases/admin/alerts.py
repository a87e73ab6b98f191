"""All flagged decisions, whatever case they are in."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases.admin.queue import case_url
from cases.models import Alert, Case
from clients.admin import InstitutionFilter
from foundation.admin_facts import FactAdmin
from foundation.admin_filters import RecentValuesFilter
from foundation.admin_parts import demand, display, found, relative_time, short_text
from foundation.money import format_money
from scoring.cells import number_cell, status_cell, two_lines
from scoring.models import Decision
from transactions.admin import identifier_cell
from transactions.admin_search import TransactionSearch
from transactions.presenting import masked_reference


class VerticalFilter(RecentValuesFilter):
    title = "vertical"
    parameter_name = "transaction__vertical"


class StatusFilter(admin.SimpleListFilter):
    """As decided: no alert was ever approved."""

    title = "decided"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        flagged = (Decision.Status.REVIEW, Decision.Status.DECLINED)
        return [(status.value, str(status.label)) for status in flagged]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(status=value) if value else queryset


class CaseFilter(admin.SimpleListFilter):
    """What became of it."""

    title = "case"
    parameter_name = "case_status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in Case.Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(case__status=value) if value else queryset


@admin.register(Alert)
class AlertAdmin(TransactionSearch, FactAdmin):
    transaction_field = "transaction"
    list_fullwidth = True
    list_display = (
        "raised",
        "transaction_shown",
        "customer",
        "amount_shown",
        "score_shown",
        "decided",
        "top_reason",
        "case_shown",
    )
    list_display_links = None
    list_filter = (StatusFilter, CaseFilter, VerticalFilter, InstitutionFilter)
    list_select_related = ("transaction__customer", "institution", "case")
    ordering = ("-id",)  # the index alert_newest
    empty_list = (
        "Each decision that is held for review or declined raises an alert here within seconds, "
        "if its vertical says so, and joins a case. Imported history raises none."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        rows: QuerySet[Alert] = super().get_queryset(request)
        return rows.defer("transaction__sealed")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """An alert has no page but its case's."""
        demand(request, "cases.view_case")
        alert: Alert = found(self, request, object_id)
        return HttpResponseRedirect(f"{case_url(alert.case_id)}?tab=alerts#tabs")

    @display(description="Raised")
    def raised(self, obj: Alert) -> SafeString:
        return format_html('<span class="fs-line">{}</span>', relative_time(obj.created_at))

    @display(description="Transaction")
    def transaction_shown(self, obj: Alert) -> SafeString:
        """Leads to the decision; the vertical stands below it."""
        url = reverse("admin:scoring_decision_change", args=[obj.transaction_id])
        return format_html(
            '<a class="fs-link" href="{}">{}</a><br><span class="fs-line fs-muted">{}</span>',
            url,
            short_text(obj.transaction.external_id),
            obj.transaction.vertical,
        )

    @display(description="Customer")
    def customer(self, obj: Alert) -> SafeString:
        return identifier_cell(masked_reference(obj.transaction.customer))

    @display(description="Amount")
    def amount_shown(self, obj: Alert) -> SafeString:
        money = format_money(obj.amount, obj.institution.base_currency)
        return format_html('<span class="fs-number">{}</span>', money)

    @display(description="Score")
    def score_shown(self, obj: Alert) -> SafeString:
        return number_cell(obj.score)

    @display(description="Decided")
    def decided(self, obj: Alert) -> SafeString:
        return status_cell(obj.status)

    @display(description="Top reason")
    def top_reason(self, obj: Alert) -> SafeString:
        return two_lines(obj.reason)

    @display(description="Case")
    def case_shown(self, obj: Alert) -> SafeString:
        """Its number, and below it how it stands."""
        case = obj.case
        words = case.get_disposition_display() or case.get_status_display()
        return format_html(
            '<a class="fs-link fs-strong" href="{}">{}</a><br><span class="fs-line fs-muted">'
            "{}</span>",
            case_url(case.pk),
            case.pk,
            words,
        )
