"""Transactions and what took part, read-only; identifiers masked, each reveal audited.

The customer's page stands in `cases/customers`, with all that is known of one.
"""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clients.admin import InstitutionFilter
from features.identifiers import PURPOSES
from foundation.admin_facts import FactPageAdmin
from foundation.admin_filters import RecentValuesFilter
from foundation.admin_parts import display, relative_time, short_text
from foundation.money import format_money
from transactions.admin_search import IdentitySearch, TransactionSearch
from transactions.feature_text import feature_texts
from transactions.label_admin import LabelAdmin
from transactions.models import Card, Device, Identified, Transaction
from transactions.presenting import masked_identifiers, masked_reference, readable_request
from transactions.sealing import open_reference

__all__ = ["LabelAdmin"]  # registers itself

SHOWN = 20


def amount_cell(row: Transaction) -> SafeString:
    """Right-aligned, with the currency and its number of decimals."""
    return format_html('<span class="fs-number">{}</span>', format_money(row.amount, row.currency))


def identifier_cell(text: str) -> SafeString:
    return format_html('<span class="fs-id">{}</span>', text)


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
class TransactionAdmin(TransactionSearch, FactPageAdmin):
    page_template = "transactions/transaction.html"
    list_display = (
        "when",
        "external_id_shown",
        "customer_masked",
        "vertical",
        "transaction_type",
        "amount_shown",
        "source",
    )
    list_display_links = ("external_id_shown",)
    list_filter = (VerticalFilter, TypeFilter, InstitutionFilter)
    list_select_related = ("customer", "institution")
    ordering = ("-id",)
    empty_list = (
        "What clients send, or an import brings, appears here at once. How to send a transaction "
        "stands in the API's description at /docs."
    )
    reveals = {**{name: _opener(name) for name in PURPOSES}, "unknown_fields": _extras_of}

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

    @display(description="Transaction")
    def external_id_shown(self, obj: Transaction) -> SafeString:
        return short_text(obj.external_id)

    @display(description="Customer")
    def customer_masked(self, obj: Transaction) -> SafeString:
        return identifier_cell(masked_reference(obj.customer))

    @display(description="Amount")
    def amount_shown(self, obj: Transaction) -> SafeString:
        return amount_cell(obj)


class IdentityAdmin(IdentitySearch, FactPageAdmin):
    """Devices and cards: masked reference, first seen, latest transactions."""

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


@admin.register(Device)
class DeviceAdmin(IdentityAdmin):
    """Phones and browsers."""

    search_help_text = "Exact: the device's ID as the client sends it"
    empty_list = "A device appears here with the first transaction that names it."


@admin.register(Card)
class CardAdmin(IdentityAdmin):
    """Payment cards by token."""

    search_help_text = "Exact: the card's token as the client sends it"
    empty_list = "A card appears here with the first transaction that names it."
    list_display = ("reference_masked", "bin", "last_four", "institution", "first_seen")
