"""Transactions that teach, and verdicts that do not depend on the rules."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from features.catalogue import CATALOGUE
from scoring import services
from scoring.models import CustomerProfile
from scoring.profiles import habits
from scoring.profiles.habits import Habits
from scoring.services import score_transaction
from scoring.tests.making import make_request

REFUSED = 400_000.0
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def verdicts_by_amount(monkeypatch):
    """What the rules say is not the matter here: from REFUSED on an amount is declined."""
    real = services.consider

    def consider(ground):
        evaluation, verdict = real(ground)
        amount = ground.values[CATALOGUE.index["amount"]]
        status = "declined" if amount >= REFUSED else "approved"
        return evaluation, replace(verdict, status=status)

    monkeypatch.setattr(services, "consider", consider)


def score(client, **fields):
    return score_transaction(client=client, request=make_request(**fields), source="test")


def profile(customer=None) -> Habits:
    rows = CustomerProfile.objects.all()
    row = rows.get() if customer is None else rows.get(customer=customer)
    return habits.read(row.habits)


def in_full(**more):
    """A request that tells all that profiles learn from."""
    return {
        "occurred_at": NOON,
        "utc_offset_minutes": 60.0,
        "identifiers": {"device_id": "d-1", "merchant_id": "m-1", "beneficiary_id": "b-1"},
        "transaction_type": "purchase",
        "supplied": {
            "merchant_category_code": "8398",
            "transaction_channel": "app",
            "ip_country": "NG",
            "asn_number": 36_873.0,
            "latitude": 6.5,
            "longitude": 3.4,
        },
        **more,
    }
