"""Events that travel up: what a room tells the rooms above it, without knowing them.

    publish / insert_fragment  ->  OutboxEvent row, in the transaction of the change itself
    nudge / the sweeper        ->  drain_outbox  ->  every subscriber of the event's type

**At least once, and exactly once for database work.** A subscriber is called in a transaction
that also adds its name to the events' `settled` list. A crash before the commit undoes both, a
crash after it undoes neither; other subscribers have transactions of their own, so nobody is run
twice for somebody else's failure. What a handler does outside of the database (Redis, HTTP) may
happen again and must bear that.

**Nothing is written per pair unless it fails.** An event counts as handled when `settled` holds
every subscriber of its type. Draining costs a constant number of queries per batch and
subscriber, whatever the batch's size. A row of `OutboxDelivery` exists only for trouble.

**One bad event blocks nobody.** When a handler raises on a batch, its work is undone and the
events are handed over one by one, each behind a savepoint. The failing ones wait (10 s, 20 s ...
at most an hour) and are then tried alone. After OUTBOX_MAX_ATTEMPTS one is set aside for this
subscriber: shown in the admin, and handed over again by `redrive`. When the first twenty of a
batch all fail, the subscriber rather than the event is ill: the rest are left for the next drain.

**Order.** A batch comes in the order of insertion. Between batches there is no promise: two
workers drain side by side (SKIP LOCKED), and a failed event is overtaken.

**New subscribers** hear of events published after every process knows them.
"""

from foundation.outbox.drain import drain_outbox
from foundation.outbox.events import (
    Envelope,
    event,
    insert_fragment,
    publish,
    publish_all,
    subscribe,
)
from foundation.outbox.upkeep import OutboxStatus, outbox_status, prune_outbox, redrive
from foundation.outbox.waiting import waiting_subjects
from foundation.outbox.waking import nudge

__all__ = [
    "Envelope",
    "OutboxStatus",
    "drain_outbox",
    "event",
    "insert_fragment",
    "nudge",
    "outbox_status",
    "prune_outbox",
    "publish",
    "publish_all",
    "redrive",
    "subscribe",
    "waiting_subjects",
]
