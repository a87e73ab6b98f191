"""Giving up what waited too long, and deleting what is old."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from clients.events import WebhookDead
from clients.webhooks.metrics import DEAD
from clients.webhooks.models import WebhookDelivery
from foundation.outbox import publish

_PAGE = 500


def expire_deliveries() -> int:
    """Gives up what a paused endpoint or an open circuit held back past its time; how many."""
    count = 0
    while page := _expire_page():
        count += page
    DEAD.inc(count)
    return count


@transaction.atomic
def _expire_page() -> int:
    now = clock.now()
    rows = list(
        WebhookDelivery.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(state=WebhookDelivery.State.PENDING, expires_at__lte=now)
        .order_by("pk")[:_PAGE]
    )
    for row in rows:
        row.state, row.settled_at, row.claim = WebhookDelivery.State.DEAD, now, None
        row.last_fault = row.last_fault or "held back until its time was over"
        event = WebhookDead(
            delivery=str(row.pk), endpoint=str(row.endpoint_id), institution=row.institution_id
        )
        publish(event, subject=event.delivery)
    WebhookDelivery.objects.bulk_update(rows, ["state", "settled_at", "claim", "last_fault"])
    return len(rows)


def prune_deliveries() -> int:
    """Deletes settled deliveries older than WEBHOOK_RETENTION_DAYS with their log; how many.

    Walks the primary key, which grows with time.
    """
    oldest = clock.now() - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
    count = 0
    settled = WebhookDelivery.objects.exclude(state=WebhookDelivery.State.PENDING)
    while ids := list(
        settled.filter(created_at__lt=oldest).order_by("pk").values_list("pk", flat=True)[:_PAGE]
    ):
        WebhookDelivery.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count
