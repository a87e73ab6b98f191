"""What clients tells the rooms above."""

import msgspec

from foundation.outbox import event


@event
class WebhookDead(msgspec.Struct, frozen=True, tag="clients.webhook_dead.v1"):
    """A webhook could not be delivered and was given up."""

    delivery: str  # UUID
    endpoint: str  # UUID
    institution: int
