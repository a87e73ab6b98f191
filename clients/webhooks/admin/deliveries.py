"""Deliveries: the log, the dead letters, sending again."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from clients.admin import InstitutionFilter
from clients.webhooks.admin.labels import (
    delivery_state,
    delivery_url,
    endpoint_url,
    event_choices,
)
from clients.webhooks.models import WebhookDelivery, WebhookEndpoint
from clients.webhooks.replaying import MOST_REPLAYED, REPLAY, replay
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import demand, found, person, relative_time, visible_institutions
from foundation.logging import redact


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in WebhookDelivery.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class EventFilter(admin.SimpleListFilter):
    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return event_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(event=self.value()) if self.value() else queryset


class EndpointFilter(admin.SimpleListFilter):
    """Endpoints that the person may see."""

    title = "endpoint"
    parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = WebhookEndpoint.objects.order_by("-pk")
        if (ids := model_admin.institutions(request)) is not None:
            rows = rows.filter(institution__in=ids)
        return [(str(row.pk), f"{row.name} ({row.origin})") for row in rows[:100]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            return queryset.filter(endpoint=UUID(self.value())) if self.value() else queryset
        except ValueError:
            return queryset.none()


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(FactPageAdmin):
    page_template = "clients/webhook_delivery.html"
    list_display = (
        "created",
        "event",
        "reference",
        "to",
        "sequence_shown",
        "state_shown",
        "attempts_shown",
        "fault_shown",
    )
    list_display_links = ("created",)
    list_filter = (StateFilter, EventFilter, EndpointFilter, InstitutionFilter)
    list_select_related = ("endpoint",)
    search_fields = ("reference__exact", "event_id__exact")
    search_help_text = "The exact transaction ID or event ID"
    ordering = ("-id",)
    actions = ("send_again",)

    def institutions(self, request: HttpRequest) -> list[int] | None:
        return visible_institutions(person(request))

    @admin.display(description="since")
    def created(self, row: WebhookDelivery) -> str:
        return relative_time(row.created_at)

    @admin.display(description="to")
    def to(self, row: WebhookDelivery) -> SafeString:
        return format_html(
            '<a class="fs-link" href="{}">{}</a>',
            endpoint_url(row.endpoint_id),
            row.endpoint.origin if row.url_sealed else row.endpoint.name,
        )

    @admin.display(description="number")
    def sequence_shown(self, row: WebhookDelivery) -> SafeString:
        return format_html('<span class="fs-number">{}</span>', f"{row.sequence:,}")

    @admin.display(description="state")
    def state_shown(self, row: WebhookDelivery) -> SafeString:
        return delivery_state(row)

    @admin.display(description="tries")
    def attempts_shown(self, row: WebhookDelivery) -> SafeString:
        return format_html('<span class="fs-number">{}</span>', row.attempts)

    @admin.display(description="last fault")
    def fault_shown(self, row: WebhookDelivery) -> str:
        return row.last_fault or "-"

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return person(request).has_perm(REPLAY)

    @admin.action(description="Send again", permissions=["replay"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        ids = list(queryset.values_list("pk", flat=True)[:MOST_REPLAYED])
        count = replay(deliveries=ids, by=person(request))
        left = len(ids) - count
        told = f"{count} deliveries are sent again."
        if left:
            told += f" {left} wait already, or their endpoint was removed."
        messages.success(request, told)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:pk>/again/",
            self.admin_site.admin_view(self.again_view),
            name="clients_webhookdelivery_again",
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def again_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        demand(request, REPLAY)

        def again(request: HttpRequest) -> HttpResponse:
            row = found(self, request, str(pk))
            if replay(deliveries=[row.pk], by=person(request)):
                messages.success(request, "It is sent again, under the same event ID.")
            else:
                messages.error(request, "It waits already, or its endpoint was removed.")
            return HttpResponseRedirect(delivery_url(row.pk))

        answer: HttpResponse = require_POST(again)(request)
        return answer

    def page_context(self, request: HttpRequest, row: WebhookDelivery) -> dict[str, Any]:
        """Two queries besides the frame's."""
        waiting = row.state == WebhookDelivery.State.PENDING
        removed = row.endpoint.state == WebhookEndpoint.State.REMOVED
        return {
            "title": f"{row.event} {row.sequence:,}",
            "endpoint_url": endpoint_url(row.endpoint_id),
            "state": delivery_state(row),
            "created": relative_time(row.created_at),
            "settled": relative_time(row.settled_at),
            "next_attempt": relative_time(row.next_attempt_at) if waiting else "",
            "body": redact(json.dumps(json.loads(row.body), ensure_ascii=False, indent=2)),
            "log": [
                {"attempt": each, "when": relative_time(each.at)} for each in row.log.all()[:200]
            ],
            "may_replay": self.has_replay_permission(request) and not waiting and not removed,
        }
