"""What came of attempts: the log, the deliveries' states, the endpoints' circuits."""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone as clock

from clients.events import WebhookDead
from clients.webhooks.claiming import Claimed
from clients.webhooks.metrics import ATTEMPTS, DEAD, LATENCY
from clients.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from clients.webhooks.schedule import TRIES, circuit_after, wait_after
from clients.webhooks.sending import Outcome
from foundation.outbox import publish

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    claimed: Claimed
    at: datetime
    outcome: Outcome


# A success counts even when the lease had run out meanwhile: it did arrive. A failure then is the
# business of whoever holds the claim now.
_SETTLE = """
UPDATE clients_webhookdelivery d SET
  state = v.state, attempts = d.attempts + 1, tries = d.tries + 1, claim = NULL,
  next_attempt_at = v.next_attempt_at, last_status = v.status, last_fault = v.fault,
  settled_at = CASE WHEN v.state <> 'pending' THEN %s END
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::int[], %s::text[])
  AS v (id, claim, state, next_attempt_at, status, fault)
WHERE d.id = v.id AND d.state = 'pending' AND (d.claim = v.claim OR v.state = 'delivered')
RETURNING d.id, d.state
"""


def record(results: Sequence[Result]) -> None:
    """Stores a share of results in one transaction of a few statements.

    Everything of an attempt or nothing: whoever dies before the commit leaves the claim to run
    out, and the delivery is sent again.
    """
    now = clock.now()
    with transaction.atomic():
        settled = _settle(results, now)
        WebhookAttempt.objects.bulk_create([_attempt(result) for result in results])
        _move_circuits(results, now)
        dead = [r for r in results if settled.get(r.claimed.id) == WebhookDelivery.State.DEAD]
        for result in dead:
            _tell(result.claimed)
    _count(results, len(dead))


def _settle(results: Sequence[Result], now: datetime) -> dict[UUID, str]:
    """The states of the deliveries that were ours to change."""
    rows = sorted((_row(result) for result in results), key=lambda row: row[0])
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [now, *(list(column) for column in zip(*rows, strict=True))])
        return dict(cursor.fetchall())


def _row(result: Result) -> tuple[UUID, UUID, str, datetime, int | None, str]:
    claimed, outcome = result.claimed, result.outcome
    state, due = WebhookDelivery.State.DELIVERED, result.at
    if outcome.fault:
        tries = claimed.tries + 1
        due += wait_after(tries, random.random(), outcome.retry_after)  # noqa: S311  spreads only
        over = tries >= TRIES or due > claimed.expires_at
        state = WebhookDelivery.State.DEAD if over else WebhookDelivery.State.PENDING
    return claimed.id, claimed.claim, str(state), due, outcome.status, outcome.fault


def _attempt(result: Result) -> WebhookAttempt:
    outcome = result.outcome
    return WebhookAttempt(
        delivery_id=result.claimed.id,
        at=result.at,
        latency_ms=outcome.latency_ms,
        status=outcome.status,
        fault=outcome.fault,
        excerpt=outcome.excerpt,
    )


def _move_circuits(results: Sequence[Result], now: datetime) -> None:
    """Closes the circuits of those that answered, opens those of who failed too often in a row."""
    answered = {r.claimed.endpoint_id for r in results if not r.outcome.fault}
    failed: dict[UUID, list[datetime]] = {}
    for result in results:
        if result.outcome.fault and result.claimed.endpoint_id not in answered:
            failed.setdefault(result.claimed.endpoint_id, []).append(result.at)
    if answered:
        _close(answered)
    if failed:
        _open(failed, now)


def _close(answered: set[UUID]) -> None:
    """Almost always there is nothing to change, and so nothing to lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clients_webhookendpoint SET failures = 0, open_until = NULL WHERE id IN "
            "(SELECT id FROM clients_webhookendpoint WHERE id = ANY(%s::uuid[]) AND "
            "(failures > 0 OR open_until IS NOT NULL) ORDER BY id FOR NO KEY UPDATE)",
            [list(answered)],
        )


def _open(failed: dict[UUID, list[datetime]], now: datetime) -> None:
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk__in=failed)
    changed = list(rows.order_by("pk"))
    for endpoint in changed:
        endpoint.failures, endpoint.open_until = circuit_after(
            endpoint.failures, endpoint.open_until, failed[endpoint.pk], now
        )
    WebhookEndpoint.objects.bulk_update(changed, ["failures", "open_until"])


def _tell(claimed: Claimed) -> None:
    event = WebhookDead(
        delivery=str(claimed.id),
        endpoint=str(claimed.endpoint_id),
        institution=claimed.institution_id,
    )
    publish(event, subject=event.delivery)
    log.error(
        "A webhook was given up",
        extra={"event_id": str(claimed.id), "institution_id": claimed.institution_id},
    )


def _count(results: Sequence[Result], dead: int) -> None:
    for result in results:
        ATTEMPTS.labels("failed" if result.outcome.fault else "delivered").inc()
        LATENCY.observe(result.outcome.latency_ms / 1_000)
    if dead:
        DEAD.inc(dead)
