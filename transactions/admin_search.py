"""Searching lists of the admin by what a person knows exactly, through keyed hashes."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from clients.models import Institution
from foundation.admin_pages import person
from foundation.admin_parts import FastModelAdmin, visible_institutions
from transactions.search import search, search_identities


def scope_of(request: HttpRequest) -> list[int]:
    """Ids of the institutions that the person sees."""
    ids = visible_institutions(person(request))
    return list(Institution.objects.values_list("id", flat=True)) if ids is None else ids


class TransactionSearch(FastModelAdmin):
    """Finds rows by their transaction: nothing is found by a part of anything."""

    transaction_field = "pk"
    search_fields = ("pk",)  # only for the box to be there
    search_help_text = "Exact: transaction ID, customer, device, card token, e-mail, phone or IP"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = search(search_term.strip(), scope_of(request)).values("pk")
        return queryset.filter(**{f"{self.transaction_field}__in": found}), False


class IdentitySearch(FastModelAdmin):
    """Finds a customer, device or card by its exact reference."""

    search_fields = ("pk",)  # only for the box to be there

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return search_identities(queryset, search_term.strip(), scope_of(request)), False
