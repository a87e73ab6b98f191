"""The audit trail, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter

from foundation.admin_filters import RecentValuesFilter
from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ScopedModelAdmin,
    diff_table,
    relative_time,
)
from foundation.models import AuditEntry, User


class ActionFilter(RecentValuesFilter):
    title = "action"
    parameter_name = "action"


class ActorFilter(admin.SimpleListFilter):
    title = "person"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = User.objects.order_by("username").values_list("pk", "username")
        return [("system", "The system itself"), *((str(pk), name) for pk, name in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value == "system":
            return queryset.filter(actor=None)
        return queryset.filter(actor=int(value)) if value.isdecimal() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin, ScopedModelAdmin):
    """Entries of one's own institutions, and those that concern all."""

    institution_field = "institution_id"
    empty_list = "Who changed what, and why, stands here for good."
    rows_without_institution_visible = True
    list_display = ("when", "actor_name", "action", "subject", "short_reason", "place")
    list_filter = (ActionFilter, ActorFilter, ("recorded_at", RangeDateTimeFilter))
    search_fields = ("subject__exact",)
    search_help_text = "The exact subject, such as rules.rule:high_amount"
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "recorded_at",
        "actor_name",
        "action",
        "subject",
        "reason",
        "change",
        "institution_id",
        "request_id",
        "seal",
    )
    readonly_fields = fields

    @admin.display(description="when")
    def when(self, entry: AuditEntry) -> str:
        return relative_time(entry.recorded_at)

    @admin.display(description="why")
    def short_reason(self, entry: AuditEntry) -> str:
        return entry.reason if len(entry.reason) <= 80 else entry.reason[:79] + "…"

    @admin.display(description="in the chain")
    def place(self, entry: AuditEntry) -> str:
        return "soon" if entry.sequence is None else f"{entry.sequence:,}"

    @admin.display(description="what changed")
    def change(self, entry: AuditEntry) -> str:
        return diff_table(entry.before, entry.after)

    @admin.display(description="place in the chain")
    def seal(self, entry: AuditEntry) -> str:
        if entry.entry_hash is None:
            return "Not sealed yet; the sealer runs every 30 s."
        return f"{entry.sequence:,}: {bytes(entry.entry_hash).hex()}"
