"""The head of the audit chain, told to a place that whoever can rewrite our database cannot reach.

Signed and sent like other webhooks, to public addresses only, but by the operator's word instead
of an institution's.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone as clock

from clients.webhooks.sending import send
from clients.webhooks.signing import make_body, signature_headers
from foundation.anchoring import AuditAnchored

EVENT = "audit_anchored"


class AnchorNotKept(Exception):
    """Nobody took the anchor; the outbox tries again, and shows it when that does not help."""


def send_latest(anchored: Sequence[AuditAnchored]) -> None:
    """One request with the latest of them, which covers the others; nothing without a URL."""
    if not settings.AUDIT_ANCHOR_URL or not anchored:
        return
    latest = max(anchored, key=lambda each: each.sequence)
    event_id = f"evt_audit_{latest.sequence}"
    data = {"event_id": event_id, "sequence": latest.sequence, "head": latest.head}
    body = make_body(EVENT, datetime.fromisoformat(latest.at), data).encode()
    signed = signature_headers(
        [settings.AUDIT_ANCHOR_SECRET], event_id=event_id, body=body, at=clock.now()
    )
    outcome = send(settings.AUDIT_ANCHOR_URL, body, {"Content-Type": "application/json", **signed})
    if outcome.fault:
        raise AnchorNotKept(outcome.fault)
