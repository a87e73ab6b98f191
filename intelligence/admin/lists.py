"""Lists: what they are for, how much is on them, and their newest entries."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from foundation.admin_parts import (
    QuietChangeList,
    ScopedModelAdmin,
    demand,
    display,
    found,
    page,
    person,
    relative_time,
    visible_institutions,
)
from intelligence.admin.entries import entries_url
from intelligence.admin.forms import ListForm
from intelligence.admin.pages import (
    STYLES,
    effect_label,
    form_page,
    scope_label,
    until_label,
)
from intelligence.kinds import KINDS
from intelligence.lists.queries import counts_in_force, may_edit, visible_entries
from intelligence.lists.sealing import masked_value
from intelligence.lists.services import change_list, create_list
from intelligence.models import List, ListEntry

SHOWN = 20


class CountingChangeList(QuietChangeList):
    """Adds the number of entries in force to the rows of the page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = visible_institutions(person(request))
        rows = list(self.result_list)  # type: ignore[has-type]
        counts = counts_in_force([row.pk for row in rows], ids, clock.now())
        for row in rows:
            row.in_force = counts.get(row.pk, 0)
        self.result_list = rows


@admin.register(List)
class ListAdmin(ScopedModelAdmin):
    rows_without_institution_visible = True
    list_display = ("list_shown", "holds", "effect_shown", "holds_for", "entries_shown")
    list_display_links = None
    list_select_related = ("institution",)
    search_fields = ("name", "title")
    ordering = ("title",)
    sortable_by = ()

    class Media:
        css = STYLES

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CountingChangeList

    # -- list ---------------------------------------------------------------------------------

    @admin.display(description="list")
    def list_shown(self, row: List) -> SafeString:
        return format_html(
            '<a class="fs-link li-text" href="{}">{}</a><br><span class="fs-id fs-muted">{}</span>',
            reverse("admin:intelligence_list_change", args=[row.pk]),
            row.title,
            row.name,
        )

    @admin.display(description="holds")
    def holds(self, row: List) -> SafeString:
        return format_html('<span class="li-text">{}</span>', kinds_in_words(row))

    @admin.display(description="a match")
    def effect_shown(self, row: List) -> SafeString:
        return effect_label(row.default_effect)

    @admin.display(description="holds for")
    def holds_for(self, row: List) -> str:
        return scope_label(row.institution)

    @display(description="in force")
    def entries_shown(self, row: Any) -> SafeString:
        return format_html(
            '<a class="fs-link fs-number" href="{}">{}</a>',
            entries_url(list=row.pk, state="in_force"),
            f"{row.in_force:,}",
        )

    # -- permissions: changes go through the pages below ---------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<slug:pk>/edit/", wrap(self.edit_view), name="intelligence_list_edit")
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    # -- pages --------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The list's page. Five queries besides the frame's, however many entries."""
        row: List = found(self, request, object_id)
        user = person(request)
        now = clock.now()
        ids = visible_institutions(user)
        newest = visible_entries(ids).filter(list=row).select_related("institution")[:SHOWN]
        return page(
            self,
            request,
            "intelligence/list.html",
            title=row.title,
            original=row,
            row=row,
            kinds=kinds_in_words(row),
            effect=effect_label(row.default_effect),
            holds_for=scope_label(row.institution),
            in_force=counts_in_force([row.pk], ids, now).get(row.pk, 0),
            entries=[_entry_cells(entry, now) for entry in newest],
            all_url=entries_url(list=row.pk),
            in_force_url=entries_url(list=row.pk, state="in_force"),
            add_url=f"{reverse('admin:intelligence_listentry_add')}?list={row.pk}",
            may_add=user.has_perm("intelligence.add_listentry"),
            may_change=may_edit(user, row, "intelligence.change_list"),
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        demand(request, "intelligence.add_list")
        return self._editor(request, None)

    def edit_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        demand(request, "intelligence.change_list")
        return self._editor(request, found(self, request, pk))

    def _editor(self, request: HttpRequest, row: List | None) -> HttpResponse:
        form = ListForm(request.POST or None, instance=row)
        user = person(request)

        def save() -> str:
            saved = form.save(commit=False)
            if row is None:
                create_list(by=user, new=saved)
            else:
                change_list(by=user, changed=saved, **form.cleaned_data)
            return reverse("admin:intelligence_list_change", args=[saved.pk])

        listing = reverse("admin:intelligence_list_changelist")
        return form_page(
            self,
            request,
            form,
            save=save,
            show=lambda problem: form.add_error(None, problem.detail),
            done=lambda: "Saved. Entries keep the effect that they have.",
            title=f"Edit {row.title}" if row else "New list",
            explanation='A rule asks for it with listed(email, "name"), for example.',
            button="Save",
            back=reverse("admin:intelligence_list_change", args=[row.pk]) if row else listing,
        )


def kinds_in_words(row: List) -> str:
    """What the list may hold: "e-mail addresses, card tokens"."""
    if len(row.kinds) == len(KINDS):
        return "anything"
    return ", ".join(KINDS[code].plural for code in row.kinds)


def _entry_cells(entry: ListEntry, now: Any) -> dict[str, Any]:
    return {
        "pk": entry.pk,
        "value": masked_value(entry),
        "effect": effect_label(entry.effect),
        "holds_for": scope_label(entry.institution),
        "state": until_label(entry.state(now), entry.expires_at),
        "reason": entry.reason,
        "added": relative_time(entry.added_at),
    }
