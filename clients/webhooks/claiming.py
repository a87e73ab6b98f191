"""Which deliveries are due, and taking them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone as clock

from clients.webhooks.models import WebhookDelivery
from clients.webhooks.sealing import url_of
from clients.webhooks.secrets import owner_of, valid_secrets

LEASE: Final = timedelta(seconds=30)
"""Longer than any attempt: past it, whoever claimed a delivery is taken for dead."""

# Endpoints with something to send, found by skipping along the index of pending deliveries rather
# than by reading them all. Of each, so many as it has room for; first each endpoint's first, then
# each one's second ...: a long backlog at one keeps nobody else waiting.
_DUE = """
WITH RECURSIVE waiting (endpoint_id) AS (
  (SELECT endpoint_id FROM clients_webhookdelivery
   WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.endpoint_id FROM clients_webhookdelivery d
          WHERE d.state = 'pending' AND d.endpoint_id > w.endpoint_id
          ORDER BY d.endpoint_id LIMIT 1)
  FROM waiting w WHERE w.endpoint_id IS NOT NULL
)
SELECT due.id FROM waiting
JOIN clients_webhookendpoint e ON e.id = waiting.endpoint_id AND e.state = 'active'
  AND (e.open_until IS NULL OR e.id = ANY(%(trials)s::uuid[]))
LEFT JOIN unnest(%(busy)s::uuid[], %(flying)s::int[]) AS b (id, flying) ON b.id = e.id
CROSS JOIN LATERAL (
  SELECT d.id, d.next_attempt_at, d.sequence FROM clients_webhookdelivery d
  WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_attempt_at <= %(now)s
    AND (d.attempts > 0 OR NOT EXISTS (
      SELECT 1 FROM clients_webhookdelivery earlier
      WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject = d.subject
        AND earlier.state = 'pending' AND earlier.attempts = 0
        AND earlier.sequence < d.sequence))
  ORDER BY d.next_attempt_at, d.sequence
  LIMIT CASE WHEN e.open_until IS NULL THEN greatest(0, %(each)s - coalesce(b.flying, 0)) ELSE 1 END
  FOR UPDATE OF d SKIP LOCKED
) due
ORDER BY row_number() OVER (PARTITION BY e.id ORDER BY due.next_attempt_at, due.sequence),
  due.next_attempt_at
LIMIT %(most)s
"""
# One worker gets the trial: the others find the time moved.
_TRIALS = """
UPDATE clients_webhookendpoint e SET open_until = %(until)s
WHERE e.open_until <= %(now)s AND e.state = 'active' AND EXISTS (
  SELECT 1 FROM clients_webhookdelivery d
  WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_attempt_at <= %(now)s)
RETURNING e.id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in our hands until the lease runs out. Holds secrets: never log one."""

    id: UUID
    claim: UUID
    endpoint_id: UUID
    institution_id: int
    event_id: str
    url: str
    body: bytes
    secrets: tuple[str, ...]  # in force, oldest first
    tries: int
    expires_at: datetime


def claim(most: int, *, each: int, flying: Counter[UUID]) -> list[Claimed]:
    """Takes up to `most` due deliveries, so that no endpoint has more than `each` under way here.

    `flying` are those under way by endpoint. Four short queries in one transaction; rows that
    another worker looks at are passed over.
    """
    now, mark = clock.now(), uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TRIALS, {"now": now, "until": now + LEASE})
        trials = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            _DUE,
            {
                "trials": trials,
                "busy": list(flying),
                "flying": list(flying.values()),
                "now": now,
                "each": each,
                "most": most,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        rows = WebhookDelivery.objects.filter(pk__in=ids)
        rows.update(claim=mark, next_attempt_at=now + LEASE)
        found = list(rows.select_related("endpoint").order_by("sequence"))
    return _with_secrets(found, mark, now)


def _with_secrets(rows: list[WebhookDelivery], mark: UUID, now: datetime) -> list[Claimed]:
    owners = {row.pk: owner_of(row.endpoint) for row in rows}
    secrets = valid_secrets(set(owners.values()), now)
    return [
        Claimed(
            id=row.pk,
            claim=mark,
            endpoint_id=row.endpoint_id,
            institution_id=row.institution_id,
            event_id=row.event_id,
            url=url_of(row),
            body=row.body.encode("ascii"),
            secrets=tuple(secrets[owners[row.pk]]),
            tries=row.tries,
            expires_at=row.expires_at,
        )
        for row in rows
    ]
