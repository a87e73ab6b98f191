"""Entries of lists: found by list, state or exact value, added, ended; never edited or deleted."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from clients.admin import InstitutionFilter
from clients.models import Institution
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import (
    ReasonForm,
    confirm_page,
    demand,
    found,
    person,
    relative_time,
    visible_institutions,
)
from intelligence.admin.forms import EntryForm
from intelligence.admin.pages import (
    SHARED,
    STYLES,
    effect_label,
    form_page,
    scope_label,
    until_label,
)
from intelligence.kinds import KINDS
from intelligence.lists.queries import SHARE, may_edit, with_value
from intelligence.lists.sealing import masked_value, open_value
from intelligence.lists.services import add_entry, end_entry
from intelligence.models import Effect, List, ListEntry

SHOWN_OF_REASON = 60  # characters


class ListFilter(admin.SimpleListFilter):
    """The lists that the person may see."""

    title = "list"
    parameter_name = "list"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(row.name, row.title) for row in visible_lists(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(list=self.value()) if self.value() else queryset


class ScopeFilter(InstitutionFilter):
    """An institution's own entries, or those that hold for everybody."""

    title = "holds for"
    shared = "shared"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.shared, SHARED), *super().lookups(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == self.shared:
            return queryset.filter(institution=None)
        return super().queryset(request, queryset)


class EffectFilter(admin.SimpleListFilter):
    title = "effect"
    parameter_name = "effect"
    none = "none"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.none, "rules decide"), *[(e, e) for e in Effect.values if e]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(effect="" if value == self.none else value) if value else queryset


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in_force", "in force"), ("expired", "expired"), ("ended", "ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        if self.value() == "in_force":
            return queryset.in_force(now)  # type: ignore[attr-defined, no-any-return]
        if self.value() == "expired":
            return queryset.expired(now)  # type: ignore[attr-defined, no-any-return]
        return queryset.exclude(ended_at=None) if self.value() == "ended" else queryset


def visible_lists(request: HttpRequest) -> QuerySet[List]:
    """The shared lists and those of the person's institutions."""
    ids = visible_institutions(person(request))
    rows = List.objects.order_by("title")
    if ids is None:
        return rows
    return rows.filter(institution=None) | rows.filter(institution__in=ids)


@admin.register(ListEntry)
class ListEntryAdmin(FactPageAdmin):
    rows_without_institution_visible = True
    page_template = "intelligence/entry.html"
    list_display = (
        "value_shown",
        "list_shown",
        "effect_shown",
        "holds_for",
        "state_shown",
        "why",
        "added",
    )
    list_display_links = ("value_shown",)
    list_filter = (ListFilter, StateFilter, EffectFilter, ScopeFilter)
    list_select_related = ("list", "institution")
    ordering = ("-id",)
    search_fields = ("kind",)
    search_help_text = "Exact value: e-mail address, phone, IP, device, card token, domain ..."
    reveals = {"value": open_value}

    class Media:
        css = STYLES

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ListEntry], search_term: str
    ) -> tuple[QuerySet[ListEntry], bool]:
        """By exact value through its hash: nothing can be found by a part of it."""
        text = search_term.strip()
        return (with_value(queryset, text) if text else queryset), False

    # -- list ---------------------------------------------------------------------------------

    @admin.display(description="value")
    def value_shown(self, entry: ListEntry) -> SafeString:
        return format_html('<span class="fs-id li-value">{}</span>', masked_value(entry))

    @admin.display(description="list")
    def list_shown(self, entry: ListEntry) -> SafeString:
        return format_html('<span class="li-text">{}</span>', entry.list.title)

    @admin.display(description="effect")
    def effect_shown(self, entry: ListEntry) -> SafeString:
        return effect_label(entry.effect)

    @admin.display(description="holds for")
    def holds_for(self, entry: ListEntry) -> str:
        return scope_label(entry.institution)

    @admin.display(description="state")
    def state_shown(self, entry: ListEntry) -> SafeString:
        return until_label(entry.state(clock.now()), entry.expires_at)

    @admin.display(description="why")
    def why(self, entry: ListEntry) -> SafeString:
        shown = Truncator(entry.reason).chars(SHOWN_OF_REASON)
        return format_html('<span class="li-text" title="{}">{}</span>', entry.reason, shown)

    @admin.display(description="added")
    def added(self, entry: ListEntry) -> str:
        return relative_time(entry.added_at)

    # -- pages --------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).has_perm("intelligence.add_listentry")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<int:pk>/end/", wrap(self.end_view), name="intelligence_listentry_end")
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def page_context(self, request: HttpRequest, row: ListEntry) -> dict[str, Any]:
        value = masked_value(row)
        user = person(request)
        live = row.ended_at is None
        return {
            "title": f"{value} on {row.list.title}",
            "kind": KINDS[row.kind],
            "value": self.masked(request, row, "value", value)
            if self._opens(row, request)
            else value,
            "effect": effect_label(row.effect),
            "state": row.state(clock.now()),
            "holds_for": scope_label(row.institution),
            "may_end": live and may_edit(user, row, "intelligence.change_listentry"),
        }

    def _opens(self, row: ListEntry, request: HttpRequest) -> bool:
        """What others shared is not one institution's to read: only who sees all may reveal it."""
        if row.value_sealed is None:
            return False
        return row.institution_id is not None or visible_institutions(person(request)) is None

    def reveal_view(self, request: HttpRequest, object_id: str, field: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and not self._opens(row, request):
            raise PermissionDenied
        return super().reveal_view(request, object_id, field)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        demand(request, "intelligence.add_listentry")
        user = person(request)
        chosen = self._chosen(request)
        ids = visible_institutions(user)
        institutions = Institution.objects.all()
        form = EntryForm(
            request.POST or None,
            lists=visible_lists(request),
            institutions=institutions if ids is None else institutions.filter(pk__in=ids),
            may_share=user.has_perm(SHARE),
            chosen=chosen,
        )
        entry: list[ListEntry] = []

        def save() -> str:
            entry.append(add_entry(by=user, to=form.cleaned_data["to"], draft=form.draft))
            return reverse("admin:intelligence_listentry_change", args=[entry[0].pk])

        return form_page(
            self,
            request,
            form,
            save=save,
            show=form.show,
            done=lambda: f"{masked_value(entry[0])} is on the list; the next decision sees it.",
            title=f"Add to {chosen.title}" if chosen else "Add to a list",
            explanation=chosen.description if chosen else "It holds from the next decision on.",
            button="Add",
            back=_back(chosen),
        )

    def _chosen(self, request: HttpRequest) -> List | None:
        name = request.GET.get("list")
        if not name:
            return None
        chosen = visible_lists(request).filter(name=name).first()
        if chosen is None:
            raise Http404
        return chosen

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks why, and ends the entry."""
        demand(request, "intelligence.change_listentry")
        entry: ListEntry = found(self, request, str(pk))
        value = masked_value(entry)

        def act(values: dict[str, Any]) -> str:
            end_entry(by=person(request), entry=entry, reason=values["reason"])
            return f"{value} is off the list; the entry stays as history."

        return confirm_page(
            self,
            request,
            title=f"Take {value} off {entry.list.title}",
            explanation="From the next decision on it no longer matches. The entry stays, ended.",
            button="End it",
            form_class=ReasonForm,
            act=act,
            back=reverse("admin:intelligence_listentry_change", args=[entry.pk]),
            dangerous=True,
        )


def _back(chosen: List | None) -> str:
    if chosen is None:
        return reverse("admin:intelligence_listentry_changelist")
    return reverse("admin:intelligence_list_change", args=[chosen.pk])


def entries_url(**filters: str) -> str:
    """The page of entries with these filters."""
    query = QueryDict(mutable=True)
    query.update(filters)
    return f"{reverse('admin:intelligence_listentry_changelist')}?{query.urlencode()}"
