"""Hands pending events to their subscribers."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone as clock

from foundation.logging import redact
from foundation.metrics import OUTBOX_FAILED, OUTBOX_HANDLED, OUTBOX_POISONED
from foundation.models import OutboxDelivery
from foundation.outbox.events import Envelope, Subscriber, registry

log = logging.getLogger(__name__)

BATCH = 500
ILL_AFTER = 20  # failures in a row from the start of a batch
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(hours=1)


class Claimed(NamedTuple):
    id: int
    type: str
    subject: str
    occurred_at: datetime
    payload: str
    attempts: int  # that failed so far


class Failure(NamedTuple):
    row: Claimed
    error: str

    @property
    def poisoned(self) -> bool:
        return self.row.attempts + 1 >= int(settings.OUTBOX_MAX_ATTEMPTS)


class Batch(NamedTuple):
    """What became of one batch: `claimed` also counts those that were left for later."""

    claimed: int
    handled: int
    ill: bool


def drain_outbox(limit: int = 5_000) -> int:
    """Hands over up to `limit` events per subscriber; how many deliveries succeeded.

    Any number of workers may drain at once. A subscriber that fails as a whole (its transaction
    breaks) is logged and left for the next drain; the others still get theirs.
    """
    remaining = dict.fromkeys(sorted(registry.subscribers), limit)
    handled = 0
    while remaining:  # one batch for each in turn, so that a slow one starves nobody
        for name in list(remaining):
            size = min(BATCH, remaining[name])
            batch = _deliver_logged(registry.subscribers[name], size)
            handled += batch.handled
            remaining[name] -= batch.claimed
            if batch.ill or batch.claimed < size or not remaining[name]:
                del remaining[name]
    return handled


def _deliver_logged(subscriber: Subscriber, size: int) -> Batch:
    try:
        return deliver_batch(subscriber, size)
    except Exception:
        log.exception("A batch could not be delivered", extra={"subscriber": subscriber.name})
        return Batch(0, 0, ill=True)


def deliver_batch(subscriber: Subscriber, size: int) -> Batch:
    """Steps, all in one transaction, so that a crash between any two undoes every one:

    1. lock and read pending events, skipping those that another worker holds;
    2. hand the fresh ones over as one list; if that raises, one by one;
    3. hand over, alone, each one that failed before;
    4. note the failures with the time of the next attempt;
    5. add the subscriber's name to the events that it handled or that are set aside.
    """
    with transaction.atomic():
        rows = _claim(subscriber, size)
        if not rows:
            return Batch(0, 0, ill=False)
        failures, left = _hand_over(subscriber, rows)
        failed = {failure.row.id for failure in failures}
        handled = [r for r in rows if r.id not in failed and r.id not in left]
        _note_failures(subscriber, failures)
        _forget_trouble(subscriber, handled)
        settled = [r.id for r in handled] + [f.row.id for f in failures if f.poisoned]
        _settle(subscriber, settled)
    _count(subscriber, len(handled), failures)
    return Batch(len(rows), len(handled), ill=bool(left))


def _claim(subscriber: Subscriber, size: int) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id, e.type, e.subject, e.occurred_at, e.payload::text, coalesce(d.attempts, 0)
            FROM foundation_outboxevent e
            LEFT JOIN foundation_outboxdelivery d ON d.event_id = e.id AND d.subscriber = %(name)s
            WHERE e.handled_at IS NULL AND e.type = ANY(%(types)s)
              AND NOT %(name)s = ANY(e.settled)
              AND (d.id IS NULL OR d.next_attempt_at <= %(now)s)
            ORDER BY e.id LIMIT %(size)s FOR UPDATE OF e SKIP LOCKED
            """,
            {
                "name": subscriber.name,
                "types": sorted(subscriber.types),
                "now": clock.now(),
                "size": size,
            },
        )
        return [Claimed(*row) for row in cursor.fetchall()]


def _hand_over(subscriber: Subscriber, rows: Sequence[Claimed]) -> tuple[list[Failure], set[int]]:
    """The failures, and the ids of those left untouched because the subscriber is ill."""
    fresh = [row for row in rows if not row.attempts]
    troubled = [row for row in rows if row.attempts]
    if fresh:
        try:
            _call(subscriber, fresh)
            fresh = []
        except Exception:
            log.exception("A subscriber failed", extra={"subscriber": subscriber.name})
    return _one_by_one(subscriber, [*fresh, *troubled])


def _one_by_one(subscriber: Subscriber, rows: Sequence[Claimed]) -> tuple[list[Failure], set[int]]:
    failures: list[Failure] = []
    for position, row in enumerate(rows):
        if len(failures) == position == ILL_AFTER:
            return failures, {later.id for later in rows[position:]}
        try:
            _call(subscriber, [row])
        except Exception as error:  # noqa: BLE001  the edge: whatever it is, the others go on
            failures.append(Failure(row, redact(f"{type(error).__name__}: {error}")[:2000]))
    return failures, set()


def _call(subscriber: Subscriber, rows: Iterable[Claimed]) -> None:
    """Runs the handler behind a savepoint.

    Foreign keys are checked before it is released: they are deferred, and a violation found at
    the commit could not be laid at one event's door.
    """
    envelopes = [
        Envelope(
            row.id,
            row.subject,
            row.occurred_at,
            msgspec.json.decode(row.payload, type=registry.types[row.type]),
        )
        for row in rows
    ]
    with transaction.atomic():
        subscriber.handle(envelopes)
        connection.check_constraints()


def _note_failures(subscriber: Subscriber, failures: Sequence[Failure]) -> None:
    if not failures:
        return
    now = clock.now()
    OutboxDelivery.objects.bulk_create(
        [
            OutboxDelivery(
                event_id=failure.row.id,
                subscriber=subscriber.name,
                state="poisoned" if failure.poisoned else "retrying",
                attempts=failure.row.attempts + 1,
                next_attempt_at=now + backoff(failure.row.attempts),
                error=failure.error,
                failed_at=now,
            )
            for failure in failures
        ],
        update_conflicts=True,
        unique_fields=["event", "subscriber"],
        update_fields=["state", "attempts", "next_attempt_at", "error", "failed_at"],
    )


def backoff(earlier_failures: int) -> timedelta:
    """The wait before the next attempt: 10 s, doubled each time, at most an hour."""
    doublings = min(earlier_failures, 20)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def _forget_trouble(subscriber: Subscriber, handled: Sequence[Claimed]) -> None:
    recovered = [row.id for row in handled if row.attempts]
    if recovered:
        OutboxDelivery.objects.filter(event__in=recovered, subscriber=subscriber.name).delete()


def _settle(subscriber: Subscriber, ids: Sequence[int]) -> None:
    """Adds the name; the event counts as handled when nobody is missing any more."""
    if not ids:
        return
    needed = [(tag, registry.wanted_by(tag)) for tag in sorted(subscriber.types)]
    values = ", ".join(["(%s, %s::varchar[])"] * len(needed))
    params: list[Any] = [subscriber.name, subscriber.name]
    params += [value for pair in needed for value in pair]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE foundation_outboxevent e SET settled = e.settled || %s::varchar, "  # noqa: S608  only marks
            "handled_at = CASE WHEN e.settled || %s::varchar @> needed.names "
            "THEN statement_timestamp() END "
            f"FROM (VALUES {values}) AS needed (type, names) "
            "WHERE e.type = needed.type AND e.id = ANY(%s)",
            [*params, list(ids)],
        )


def _count(subscriber: Subscriber, handled: int, failures: Sequence[Failure]) -> None:
    OUTBOX_HANDLED.labels(subscriber.name).inc(handled)
    OUTBOX_FAILED.labels(subscriber.name).inc(len(failures))
    poisoned = [failure for failure in failures if failure.poisoned]
    OUTBOX_POISONED.labels(subscriber.name).inc(len(poisoned))
    for failure in poisoned:
        log.error(
            "An event was set aside",
            extra={"subscriber": subscriber.name, "event_id": failure.row.id},
        )
