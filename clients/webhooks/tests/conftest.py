"""Two institutions, a receiver, and endpoints that lead to it."""

import pytest
from django.test import override_settings
from django.utils import timezone as clock

from clients.models import Institution
from clients.services import create_institution
from clients.webhooks.emitting import Occurrence
from clients.webhooks.models import WebhookEvent
from clients.webhooks.sending import forget_connections
from clients.webhooks.services import add_endpoint
from clients.webhooks.tests import server
from foundation.ids import uuid7

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(autouse=True)
def clean_connections():
    forget_connections()
    with override_settings(DEMO=True):
        yield
    forget_connections()


@pytest.fixture
def bank(db) -> Institution:
    return create_institution(name="Bank", slug="bank", by="tests")


@pytest.fixture
def neighbour(db) -> Institution:
    return create_institution(name="Neighbour", slug="neighbour", by="tests")


@pytest.fixture
def receiver():
    with server.receiving() as receiver:
        yield receiver


@pytest.fixture
def endpoint(bank, receiver):
    return make_endpoint(bank, receiver.url())


def make_endpoint(institution, url, **more):
    fields = {"name": "core banking", "url": url, "secret": SECRET, **more}
    return add_endpoint(institution=institution, by="tests", **fields)


def happening(institution, **overrides) -> Occurrence:
    """A declined transaction, each call another."""
    fields = {
        "institution_id": institution.pk,
        "event": WebhookEvent.FRAUD_DETECTED,
        "event_id": f"evt_{uuid7().hex}",
        "subject": f"transaction:{uuid7()}",
        "occurred_at": clock.now(),
        "data": {"transaction_id": "T-1", "fraud_score": 87, "rule_score": 87.25, "note": "ẞ"},
        "reference": "T-1",
        **overrides,
    }
    return Occurrence(**fields)
