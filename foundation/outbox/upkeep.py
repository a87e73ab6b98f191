"""State, pruning and redriving of the outbox."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypedDict

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone as clock

from foundation import audit
from foundation.models import OutboxDelivery, OutboxEvent, User
from foundation.outbox.events import registry
from foundation.permissions import require

COUNTED_UP_TO = 10_000
_PAGE = 5_000


class OutboxStatus(TypedDict):
    pending: int  # at most COUNTED_UP_TO, which then means "or more"
    oldest_seconds: float  # age of the oldest pending event; 0 without one
    poisoned: int  # deliveries set aside; at most COUNTED_UP_TO


def outbox_status() -> OutboxStatus:
    """How much waits and for how long: one query on small indexes, bounded whatever the backlog."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT
              (SELECT count(*) FROM
                (SELECT 1 FROM foundation_outboxevent WHERE handled_at IS NULL LIMIT %(cap)s) p),
              (SELECT extract(epoch FROM statement_timestamp() - occurred_at)
                 FROM foundation_outboxevent WHERE handled_at IS NULL ORDER BY id LIMIT 1),
              (SELECT count(*) FROM
                (SELECT 1 FROM foundation_outboxdelivery WHERE state = 'poisoned' LIMIT %(cap)s) d)
            """,
            {"cap": COUNTED_UP_TO},
        )
        pending, oldest, poisoned = cursor.fetchone()
    return {
        "pending": pending,
        "oldest_seconds": max(0.0, float(oldest or 0)),
        "poisoned": poisoned,
    }


def redrive(*, deliveries: Iterable[int], by: User) -> int:
    """Hands events that were set aside to their subscribers again, from the first attempt.

    Returns how many. Needs foundation.redrive_outbox. Audited.
    """
    require(by, "foundation.redrive_outbox")
    count = 0
    with transaction.atomic():
        poisoned = OutboxDelivery.objects.select_for_update().filter(
            pk__in=list(deliveries), state=OutboxDelivery.State.POISONED
        )
        for delivery in poisoned.order_by("pk"):
            _reopen(delivery)
            audit.record(
                actor=by,
                action="outbox.redrive",
                subject=f"foundation.outboxevent:{delivery.event_id}",
                before={"subscriber": delivery.subscriber, "error": delivery.error},
            )
            count += 1
    return count


def _reopen(delivery: OutboxDelivery) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE foundation_outboxevent SET handled_at = NULL, "
            "settled = array_remove(settled, %s::varchar) WHERE id = %s",
            [delivery.subscriber, delivery.event_id],
        )
    # Without trouble noted, the event is fresh again.
    delivery.delete()


def prune_outbox() -> int:
    """Deletes events handled longer than OUTBOX_RETENTION_HOURS ago; how many.

    Events with a delivery that was set aside stay. Walks the primary key, which grows with time,
    and stops at the first page that holds younger events: no index on a date is needed.
    """
    _settle_retired()
    oldest_kept = clock.now() - timedelta(hours=settings.OUTBOX_RETENTION_HOURS)
    last_id, deleted = 0, 0
    while page := list(
        OutboxEvent.objects.filter(pk__gt=last_id)
        .order_by("pk")
        .values_list("pk", "occurred_at")[:_PAGE]
    ):
        deleted += _delete_handled([pk for pk, _ in page], oldest_kept)
        last_id, youngest = page[-1]
        if youngest >= oldest_kept:
            break
    return deleted


def _delete_handled(ids: list[int], oldest_kept: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM foundation_outboxevent e WHERE id = ANY(%s) AND handled_at < %s AND "
            "NOT EXISTS (SELECT 1 FROM foundation_outboxdelivery d WHERE d.event_id = e.id)",
            [ids, oldest_kept],
        )
        return int(cursor.rowcount)


def _settle_retired() -> None:
    """Marks events as handled whose missing subscribers exist no longer."""
    for type_name in registry.types:
        OutboxEvent.objects.filter(
            handled_at__isnull=True, type=type_name, settled__contains=registry.wanted_by(type_name)
        ).update(handled_at=clock.now())
