"""Anchoring the audit chain: its head goes to the anchors' file, and out as an event."""

import msgspec
from django.db import transaction
from django.utils import timezone as clock

from foundation.audit_anchors import Anchor, add_anchor, anchor_file
from foundation.audit_chain import head_of_chain
from foundation.outbox import event, publish


@event
class AuditAnchored(msgspec.Struct, frozen=True, tag="foundation.audit_anchored.v1"):
    """The chain ended with this entry at that time."""

    sequence: int
    head: str  # hexadecimal
    at: str  # ISO 8601


@transaction.atomic
def anchor_audit_chain() -> Anchor | None:
    """Notes the chain's head; None when it is noted already, or nothing is sealed yet.

    Raises OSError when the file cannot be written: an anchor that is not kept must be heard of.
    """
    sequence, head = head_of_chain()
    if not sequence:
        return None
    anchor = add_anchor(anchor_file(), sequence=sequence, head=head.hex(), at=clock.now())
    if anchor is not None:
        told = AuditAnchored(anchor.sequence, anchor.head, anchor.at)
        publish(told, subject=f"audit:{anchor.sequence}")
    return anchor
