"""Transactions and who took part, read-only; identifiers masked, each reveal audited."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clients.admin import InstitutionFilter
from clients.models import Institution
from features.identifiers import PURPOSES
from foundation.admin_facts import FactPageAdmin
from foundation.admin_filters import RecentValuesFilter
from foundation.admin_pages import person
from foundation.admin_parts import display, relative_time, visible_institutions
from foundation.money import format_money
from transactions.feature_text import feature_texts
from transactions.label_admin import LabelAdmin
from transactions.models import Card, Customer, Device, Identified, Transaction
from transactions.presenting import masked_identifiers, masked_reference, readable_request
from transactions.sealing import open_reference
from transactions.search import search

__all__ = ["LabelAdmin"]  # registers itself

SHOWN = 20


def amount_cell(row: Transaction) -> SafeString:
    """Right-aligned, with the currency and its number of decimals."""
    return format_html('<span class="fs-number">{}</span>', format_money(row.amount, row.currency))


def identifier_cell(text: str) -> SafeString:
    return format_html('<span class="fs-id">{}</span>', text)


def scope_of(request: HttpRequest) -> list[int]:
    """Ids of the institutions that the person sees."""
    ids = visible_institutions(person(request))
    return list(Institution.objects.values_list("id", flat=True)) if ids is None else ids


class VerticalFilter(RecentValuesFilter):
    title = "vertical"
    parameter_name = "vertical"


class TypeFilter(RecentValuesFilter):
    title = "type"
    parameter_name = "transaction_type"


def _opener(name: str) -> Callable[[Transaction], str]:
    def opened(row: Transaction) -> str:
        request = readable_request(row)
        known = {"user_id": request.get("user_id", ""), **request.get("identifiers", {})}
        return str(known.get(name, ""))

    return opened


def _extras_of(row: Transaction) -> str:
    """Fields that the catalogue does not know may hold anything, a person's name included."""
    return json.dumps(readable_request(row).get("extras", {}), ensure_ascii=False, indent=2)


def _latest(**condition: object) -> QuerySet[Transaction]:
    return Transaction.objects.filter(**condition).order_by("-id")


@admin.register(Transaction)
class TransactionAdmin(FactPageAdmin):
    page_template = "transactions/transaction.html"
    list_display = (
        "when",
        "external_id",
        "customer_masked",
        "vertical",
        "transaction_type",
        "amount_shown",
        "source",
    )
    list_display_links = ("external_id",)
    list_filter = (VerticalFilter, TypeFilter, InstitutionFilter)
    list_select_related = ("customer", "institution")
    ordering = ("-id",)
    search_fields = ("external_id",)
    search_help_text = "Exact: transaction ID, customer, device, card token, e-mail, phone or IP"
    reveals = {**{name: _opener(name) for name in PURPOSES}, "unknown_fields": _extras_of}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Transaction], search_term: str
    ) -> tuple[QuerySet[Transaction], bool]:
        """By exact value through keyed hashes: nothing can be found by a part of it."""
        if not search_term.strip():
            return queryset, False
        found = search(search_term.strip(), scope_of(request)).values("pk")
        return queryset.filter(pk__in=found), False

    def page_context(self, request: HttpRequest, row: Transaction) -> dict[str, Any]:
        request_sent = readable_request(row)
        unknown = ", ".join(sorted(request_sent.get("extras", {})))
        return {
            "title": f"Transaction {row.external_id}",
            "identifiers": {
                name: self.masked(request, row, name, value)
                for name, value in masked_identifiers(request_sent).items()
            },
            "supplied": feature_texts(request_sent.get("supplied", {})),
            "extras": unknown and self.masked(request, row, "unknown_fields", unknown),
            "labels": row.labels.order_by("-known_at"),
            "history": _latest(customer=row.customer_id).exclude(pk=row.pk)[:SHOWN],
        }

    @display(description="When")
    def when(self, obj: Transaction) -> Any:
        return relative_time(obj.occurred_at)

    @display(description="Customer")
    def customer_masked(self, obj: Transaction) -> SafeString:
        return identifier_cell(masked_reference(obj.customer))

    @display(description="Amount")
    def amount_shown(self, obj: Transaction) -> SafeString:
        return amount_cell(obj)


class IdentityAdmin(FactPageAdmin):
    """Customers, devices and cards: masked reference, first seen, latest transactions."""

    page_template = "transactions/identity.html"
    list_display: tuple[str, ...] = ("reference_masked", "institution", "first_seen")
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution",)
    ordering = ("-id",)
    reveals = {"reference": open_reference}

    def page_context(self, request: HttpRequest, row: Identified) -> dict[str, Any]:
        kind = str(self.opts.model_name)
        return {
            "title": f"{str(self.opts.verbose_name).capitalize()} {masked_reference(row)}",
            "reference": self.masked(request, row, "reference", masked_reference(row)),
            "latest": _latest(**{kind: row.pk})[:SHOWN],
        }

    @display(description="Reference")
    def reference_masked(self, obj: Identified) -> SafeString:
        return identifier_cell(masked_reference(obj))

    @display(description="First seen")
    def first_seen(self, obj: Identified) -> Any:
        return relative_time(obj.first_seen_at)


@admin.register(Customer)
class CustomerAdmin(IdentityAdmin):
    """Account holders."""


@admin.register(Device)
class DeviceAdmin(IdentityAdmin):
    """Phones and browsers."""


@admin.register(Card)
class CardAdmin(IdentityAdmin):
    """Payment cards by token."""

    list_display = ("reference_masked", "bin", "last_four", "institution", "first_seen")
