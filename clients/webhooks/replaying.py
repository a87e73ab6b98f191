"""Sending again what was settled: given up, or delivered and lost by the receiver."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone as clock

from clients.webhooks import emitting
from clients.webhooks.models import WebhookDelivery, WebhookEndpoint
from clients.webhooks.schedule import EXPIRES
from foundation import audit
from foundation.permissions import require

REPLAY: Final = "clients.replay_webhookdelivery"
MOST_REPLAYED: Final = 10_000
"""Deliveries that one call sets going again."""


def replay(*, deliveries: Iterable[Any], by: audit.Actor, reason: str = "") -> int:
    """Sends settled deliveries again, with a new round of tries; how many.

    The receiver sees the same event id, sequence and body. Those that still wait are left alone,
    and so are those of endpoints that were removed.
    """
    require(by, REPLAY)
    now = clock.now()
    with transaction.atomic():
        rows = WebhookDelivery.objects.select_for_update(of=("self",), no_key=True)
        settled = list(
            rows.filter(pk__in=list(deliveries)[:MOST_REPLAYED])
            .exclude(state=WebhookDelivery.State.PENDING)
            .exclude(endpoint__state=WebhookEndpoint.State.REMOVED)
            .order_by("pk")
            .values_list("pk", "institution_id", "state")
        )
        _set_going([pk for pk, _, _ in settled], now)
        for institution_id in sorted({row[1] for row in settled}):
            ids = [str(pk) for pk, owner, _ in settled if owner == institution_id]
            audit.record(
                actor=by,
                action="webhook.replay",
                subject=f"clients.webhookdelivery:{ids[0]}"
                if len(ids) == 1
                else "clients.webhooks",
                after={"count": len(ids), "first": ids[0], "last": ids[-1]},
                institution_id=institution_id,
                reason=reason,
            )
    if settled:
        transaction.on_commit(emitting.wake)
    return len(settled)


def _set_going(ids: list[Any], now: datetime) -> None:
    WebhookDelivery.objects.filter(pk__in=ids).update(
        state=WebhookDelivery.State.PENDING,
        tries=0,
        next_attempt_at=now,
        expires_at=now + EXPIRES,
        settled_at=None,
        claim=None,
    )
