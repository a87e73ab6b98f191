"""Which subjects a subscriber has yet to hear of, for those who make its work anew."""

from foundation.outbox.events import EventType, type_name
from foundation.sql import Fragment


def waiting_subjects(event_type: EventType, *, subscriber: str) -> Fragment:
    """A query of the subjects of events that the subscriber has not handled, to be joined with.

    One that was set aside waits, too: it may be redriven. A subject may appear several times.
    """
    return Fragment(
        "SELECT e.subject FROM foundation_outboxevent e "
        "WHERE e.type = %s AND e.handled_at IS NULL AND NOT %s = ANY(e.settled) "
        "UNION ALL SELECT e.subject FROM foundation_outboxdelivery d "
        "JOIN foundation_outboxevent e ON e.id = d.event_id "
        "WHERE e.type = %s AND d.subscriber = %s",
        [type_name(event_type), subscriber, type_name(event_type), subscriber],
    )
