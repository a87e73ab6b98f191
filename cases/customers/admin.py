"""The customer's page."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone as clock

from cases.customers.presenting import customer_context
from cases.links.naming import FEATURES
from cases.models import Link
from foundation.admin_parts import person
from foundation.ids import uuid_of
from transactions.admin import IdentityAdmin
from transactions.models import Customer
from transactions.presenting import masked_reference, readable_request
from transactions.sealing import open_reference

_REVEALED = (Link.Kind.EMAIL, Link.Kind.PHONE, Link.Kind.IP)


def _newest(kind: str) -> Callable[[Customer], str]:
    """Opens the identifier that the customer used last."""

    def opened(customer: Customer) -> str:
        links = customer.links.filter(kind=kind).select_related("transaction")
        link = links.order_by("-last_at", "-value").first()
        if link is None:
            return ""
        request = readable_request(link.transaction)
        return str(request.get("identifiers", {}).get(FEATURES[kind], ""))

    return opened


@admin.register(Customer)
class CustomerAdmin(IdentityAdmin):
    """Account holders, each with all that is known."""

    page_template = "cases/customer.html"
    search_help_text = "Exact: the customer's ID as the client sends it"
    empty_list = "A customer appears here with the first transaction."
    reveals = {"reference": open_reference, **{kind: _newest(kind) for kind in _REVEALED}}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("institution")

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        before = uuid_of(request.GET.get("before", ""))
        context = customer_context(row, before=before, now=clock.now())
        mask = masked_reference(row)
        newest = context.pop("newest")
        shown = [("Customer", self.masked(request, row, "reference", mask))]
        shown += [
            (Link.Kind(kind).label, self.masked(request, row, kind, newest[kind]))
            for kind in _REVEALED
            if kind in newest
        ]
        return {
            **context,
            "title": f"Customer {mask}",
            "identifiers": shown,
            "may_see_cases": person(request).has_perm("cases.view_case"),
            "is_fullwidth": "1",
        }
