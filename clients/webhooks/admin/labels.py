"""How states look: a word, with its colour."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clients.webhooks.models import TEST_EVENT, WebhookDelivery, WebhookEndpoint, WebhookEvent
from foundation.admin_parts import relative_time

_STATE: Final = {"pending": "fs-review", "delivered": "fs-approved", "dead": "fs-declined"}
_CIRCUIT: Final = {"closed": "fs-approved", "half-open": "fs-review", "open": "fs-declined"}


def delivery_state(row: WebhookDelivery) -> SafeString:
    word = row.get_state_display()
    return format_html('<span class="fs-status {}">{}</span>', _STATE[row.state], word)


def endpoint_state(row: WebhookEndpoint) -> SafeString:
    style = "fs-approved" if row.state == WebhookEndpoint.State.ACTIVE else "fs-muted"
    return format_html('<span class="fs-status {}">{}</span>', style, row.state)


def circuit_label(row: WebhookEndpoint, now: datetime) -> SafeString:
    """closed, or open with the time of the next trial."""
    word = row.circuit(now)
    label = format_html('<span class="fs-status {}">{}</span>', _CIRCUIT[word], word)
    if word == "closed":
        return label
    when = relative_time(row.open_until) if word == "open" else "now"
    return format_html('{}<br><span class="fs-muted">next trial {}</span>', label, when)


def events_in_words(row: WebhookEndpoint) -> str:
    if row.kind == WebhookEndpoint.Kind.PER_REQUEST:
        return "what the requests ask for"
    return ", ".join(row.events)


def event_choices() -> list[tuple[str, str]]:
    return [(each, each) for each in (*WebhookEvent.values, TEST_EVENT)]


def endpoint_url(pk: UUID, page: str = "change") -> str:
    return reverse(f"admin:clients_webhookendpoint_{page}", args=[pk])


def delivery_url(pk: UUID, page: str = "change") -> str:
    return reverse(f"admin:clients_webhookdelivery_{page}", args=[pk])


def deliveries_url(**filters: object) -> str:
    return f"{reverse('admin:clients_webhookdelivery_changelist')}?{urlencode(filters)}"
