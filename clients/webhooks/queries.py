"""Answers about endpoints and deliveries."""

from collections.abc import Iterable
from typing import TypedDict
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from clients.webhooks.models import WebhookDelivery, WebhookEndpoint

COUNTED_UP_TO = 10_000


class WebhookStatus(TypedDict):
    waiting: int  # at most COUNTED_UP_TO, which then means "or more"
    dead: int  # given up and still in the log; the same bound
    open_circuits: int  # endpoints left alone for now


def webhook_status() -> WebhookStatus:
    """How deliveries fare: one query on small indexes, bounded whatever the backlog."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT
              (SELECT count(*) FROM (SELECT 1 FROM clients_webhookdelivery
                 WHERE state = 'pending' LIMIT %(cap)s) p),
              (SELECT count(*) FROM (SELECT 1 FROM clients_webhookdelivery
                 WHERE state = 'dead' LIMIT %(cap)s) d),
              (SELECT count(*) FROM clients_webhookendpoint WHERE open_until IS NOT NULL
                 AND state = 'active')
            """,
            {"cap": COUNTED_UP_TO},
        )
        waiting, dead, open_circuits = cursor.fetchone()
    return {"waiting": waiting, "dead": dead, "open_circuits": open_circuits}


def unsettled(endpoints: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many deliveries wait and how many were given up, by endpoint; one query."""
    counted = (
        WebhookDelivery.objects.filter(endpoint__in=list(endpoints))
        .exclude(state=WebhookDelivery.State.DELIVERED)
        .values("endpoint")
        .annotate(
            waiting=Count("pk", filter=Q(state=WebhookDelivery.State.PENDING)),
            dead=Count("pk", filter=Q(state=WebhookDelivery.State.DEAD)),
        )
    )
    return {row["endpoint"]: (row["waiting"], row["dead"]) for row in counted.order_by()}


def endpoints_of(institution_id: int) -> QuerySet[WebhookEndpoint]:
    """The institution's own registered endpoints that were not removed, newest first."""
    return WebhookEndpoint.objects.filter(
        institution_id=institution_id, kind=WebhookEndpoint.Kind.STANDING
    ).exclude(state=WebhookEndpoint.State.REMOVED)


def deliveries_of(institution_id: int) -> QuerySet[WebhookDelivery]:
    """The institution's deliveries, newest first."""
    rows = WebhookDelivery.objects.filter(institution_id=institution_id)
    return rows.select_related("endpoint").order_by("-pk")
