"""Filters of lists over tables of any size."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

RECENT = 2_000


class RecentValuesFilter(admin.SimpleListFilter):
    """Offers the values of a column among the newest rows that the person may see.

    Django's own filter on a plain column asks for all different values, and reads the whole table
    to find them. Set `title` and `parameter_name`, the column.
    """

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        column = str(self.parameter_name)
        rows = model_admin.get_queryset(request).order_by("-pk")
        found = set(rows.values_list(column, flat=True)[:RECENT])
        return [(value, value) for value in sorted(filter(None, found))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset
