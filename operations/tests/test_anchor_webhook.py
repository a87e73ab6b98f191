"""The anchor goes to whoever keeps it: signed, to public addresses only, until it is taken."""

import json

import pytest
from django.core.checks import run_checks

from clients.webhooks.sending import forget_connections
from clients.webhooks.signing import hex_signature
from clients.webhooks.tests import server
from foundation import audit
from foundation.anchoring import AuditAnchored, anchor_audit_chain
from foundation.audit_chain import seal_audit_chain
from foundation.models import OutboxDelivery
from foundation.outbox import drain_outbox
from operations.anchor_webhook import AnchorNotKept, send_latest

SECRET = "a secret of the operator"
ANCHORS = [
    AuditAnchored(sequence=number, head=f"{number:064x}", at="2026-01-02T12:00:00+00:00")
    for number in (1, 2)
]


@pytest.fixture
def receiver(settings):
    forget_connections()
    settings.DEMO = True  # lets it call this machine
    settings.AUDIT_ANCHOR_SECRET = SECRET
    with server.receiving() as found:
        settings.AUDIT_ANCHOR_URL = found.url("/anchors")
        yield found


def test_the_latest_is_sent_signed(receiver):
    send_latest(ANCHORS)
    [request] = receiver.got
    assert json.loads(request.body)["data"] == {
        "event_id": "evt_audit_2",
        "sequence": 2,
        "head": f"{2:064x}",
    }
    assert request.headers["X-Webhook-Signature"] == hex_signature(SECRET, request.body)


def test_a_private_address_is_not_called(receiver, settings):
    settings.DEMO = False
    with pytest.raises(AnchorNotKept, match="loopback"):
        send_latest(ANCHORS)
    assert receiver.got == []


def test_without_an_address_nothing_is_sent(receiver, settings):
    settings.AUDIT_ANCHOR_URL = ""
    send_latest(ANCHORS)
    assert receiver.got == []


@pytest.mark.django_db
def test_what_is_anchored_is_told_and_what_was_not_taken_is_tried_again(
    receiver, settings, tmp_path
):
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors")
    audit.record(actor="t", action="x", subject="y")
    seal_audit_chain()
    anchor_audit_chain()
    settings.DEMO = False
    drain_outbox()
    assert OutboxDelivery.objects.filter(subscriber="operations.audit_anchors").count() == 1
    settings.DEMO = True
    OutboxDelivery.objects.update(next_attempt_at="2020-01-01T00:00Z")
    drain_outbox()
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("url", "secret", "errors"),
    [
        ("", "", []),
        ("https://keeper.example/anchors", "whsec_AAAAAAAAAAAAAAAAAAAAAAAA", []),
        ("https://keeper.example/anchors", "", ["fraudshield.E017"]),
        ("ftp://keeper.example/", SECRET, ["fraudshield.E016"]),
        ("https://10.0.0.1/anchors", SECRET, ["fraudshield.E016"]),
    ],
)
def test_settings_that_would_send_nothing_are_refused_at_the_start(url, secret, errors, settings):
    settings.DEMO = False
    settings.AUDIT_ANCHOR_URL, settings.AUDIT_ANCHOR_SECRET = url, secret
    ours = {"fraudshield.E016", "fraudshield.E017"}
    found = [error.id for error in run_checks(tags=["security"]) if error.id in ours]
    assert found == errors
