"""Shared parts of the admin; rooms import them from here."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.checks import CheckMessage, Error
from django.db import DataError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold import decorators
from unfold.admin import ModelAdmin
from unfold.checks import UnfoldModelAdminChecks
from unfold.views import ChangeList

from foundation.admin_display import (
    diff_table,
    exact_time,
    facts_table,
    relative_time,
    rows_table,
    short_text,
    show_value,
)
from foundation.admin_pages import (
    CommentForm,
    ReasonForm,
    RevealMixin,
    confirm_page,
    demand,
    found,
    own_paths,
    page,
    person,
)
from foundation.admin_paging import CappedCount, FastPaginator
from foundation.menu import menu_place
from foundation.scopes import scope_by, visible_institutions

__all__ = [
    "NO_INSTITUTION",
    "CappedCount",
    "CommentForm",
    "FastModelAdmin",
    "FastPaginator",
    "QuietChangeList",
    "ReadOnlyModelAdmin",
    "ReasonForm",
    "RevealMixin",
    "ScopedModelAdmin",
    "action",
    "confirm_page",
    "demand",
    "diff_table",
    "display",
    "exact_time",
    "facts_table",
    "found",
    "own_paths",
    "page",
    "person",
    "relative_time",
    "rows_table",
    "scope_by",
    "short_text",
    "show_value",
    "visible_institutions",
]

_Method = TypeVar("_Method", bound=Callable[..., Any])
# Unfold's decorators for buttons and columns, with the types that they lack.
action: Callable[..., Callable[[_Method], _Method]] = decorators.action
display: Callable[..., Callable[[_Method], _Method]] = decorators.display

NO_INSTITUTION = (
    "You work for no institution yet, so there is nothing that you may see here. Ask an "
    "administrator for a staff scope (System, Staff scopes) and say which institution you work for."
)


class OfflineChecks(UnfoldModelAdminChecks):  # type: ignore[misc]
    """Unfold's checks without the one that asks the database for a button's permission: that
    would fail before the first migrate, and keep it from running.
    """

    def _check_unfold_action_permission_methods(self, admin: ModelAdmin) -> list[CheckMessage]:
        buttons = [
            *admin._get_base_actions_list(),
            *admin._get_base_actions_detail(),
            *admin._get_base_actions_row(),
            *admin._get_base_actions_submit_line(),
        ]
        named = {name for b in buttons for name in getattr(b.method, "allowed_permissions", ())}
        return [
            Error(f"{admin} lacks has_{name}_permission().", obj=type(admin), id="admin.E129")
            for name in sorted(named)
            if "." not in name and not hasattr(admin, f"has_{name}_permission")
        ]


class QuietChangeList(ChangeList):  # type: ignore[misc]
    """Is called as in the menu, says in its own words that it is empty, and offers "show all" only
    where something is left out by a search or filter.

    What the database cannot compare with (a NUL, half a pattern) is a wrong filter, not a failure.
    """

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        place = menu_place(request.path)
        self.title = place.title if place else capfirst(str(self.opts.verbose_name_plural))
        self.counted = self.model_admin.counted or (
            str(self.opts.verbose_name),
            str(self.opts.verbose_name_plural),
        )
        self.nothing = self.model_admin.nothing_here(request)

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (DataError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class FastModelAdmin(ModelAdmin):  # type: ignore[misc]
    """For tables of any size: no full counts, and no query per row (set list_select_related).

    Leave `list_filter` without plain columns (see `foundation/admin_filters.py`), and let people
    sort only by what has an index.
    """

    checks_class = OfflineChecks
    list_per_page = 50
    paginator = FastPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts every choice of every filter
    list_filter_submit = True
    counted: tuple[str, str] = ("", "")
    """What one row is called, and what several are; the model's own names where not said."""
    empty_list = "Nothing is here yet."
    """What an empty list says: what will stand here, and how it comes."""

    def nothing_here(self, request: HttpRequest) -> str:
        return self.empty_list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QuietChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Without patterns, which an address could make as costly as it likes."""
        return not lookup.endswith("regex") and bool(super().lookup_allowed(lookup, value, request))


class ReadOnlyModelAdmin(FastModelAdmin):
    """Shows rows to whoever has the view permission and changes none, whatever the permissions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ScopedModelAdmin(FastModelAdmin):
    """Limits rows to the person's institutions; one more query a request, none for those who see
    all. Without a scope set (clients is not installed) nobody but superusers sees anything.
    """

    institution_field = "institution"
    rows_without_institution_visible = False

    def nothing_here(self, request: HttpRequest) -> str:
        no_scope = visible_institutions(person(request)) == []
        return NO_INSTITUTION if no_scope else super().nothing_here(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        ids = visible_institutions(person(request))
        if ids is None:
            return rows
        field = self.institution_field
        mine = Q(**{f"{field}__in": ids})
        if self.rows_without_institution_visible:
            mine |= Q(**{f"{field}__isnull": True})
        return rows.filter(mine)
