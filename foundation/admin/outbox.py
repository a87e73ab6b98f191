"""Events on their way, and those that could not be handed over."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from foundation.admin_parts import ReadOnlyModelAdmin, person, relative_time, show_value
from foundation.models import OutboxDelivery, OutboxEvent
from foundation.outbox import nudge, redrive


class PendingFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "pending"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waiting for a subscriber")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(handled_at=None) if self.value() == "yes" else queryset


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyModelAdmin):
    empty_list = "What has to follow a decision, a label or a publication passes through here."
    list_display = ("id", "type", "subject", "occurred", "handled", "done_by")
    list_filter = (PendingFilter,)
    ordering = ("-id",)
    sortable_by = ()
    fields = ("type", "subject", "occurred_at", "handled_at", "done_by", "content")
    readonly_fields = fields

    @admin.display(description="occurred")
    def occurred(self, event: OutboxEvent) -> str:
        return relative_time(event.occurred_at)

    @admin.display(description="handled")
    def handled(self, event: OutboxEvent) -> str:
        return relative_time(event.handled_at)

    @admin.display(description="settled with")
    def done_by(self, event: OutboxEvent) -> str:
        return ", ".join(event.settled) or "-"

    @admin.display(description="content")
    def content(self, event: OutboxEvent) -> str:
        return show_value(event.payload)


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(ReadOnlyModelAdmin):
    empty_list = (
        "Good: nothing is set aside. A follow-up that failed again and again would stand here, to "
        "be handed over again."
    )
    list_display = ("subscriber", "event_shown", "state", "attempts", "next_attempt", "error")
    list_filter = ("state",)
    list_select_related = ("event",)
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "subscriber",
        "event_shown",
        "state",
        "attempts",
        "failed_at",
        "next_attempt_at",
        "error",
    )
    readonly_fields = fields
    actions = ("redrive",)

    @admin.display(description="event")
    def event_shown(self, delivery: OutboxDelivery) -> str:
        return f"{delivery.event_id}: {delivery.event}"

    @admin.display(description="next attempt")
    def next_attempt(self, delivery: OutboxDelivery) -> str:
        set_aside = delivery.state == OutboxDelivery.State.POISONED
        return "none" if set_aside else relative_time(delivery.next_attempt_at)

    def has_redrive_permission(self, request: HttpRequest) -> bool:
        return person(request).has_perm("foundation.redrive_outbox")

    @admin.action(description="Hand over again", permissions=["redrive"])
    def redrive(self, request: HttpRequest, queryset: QuerySet[OutboxDelivery]) -> None:
        ids = queryset.values_list("pk", flat=True)
        count = redrive(deliveries=ids, by=person(request))
        nudge()
        messages.success(request, f"{count} events are handed over again.")
