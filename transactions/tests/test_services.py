"""Labels, masks and scopes."""

from datetime import UTC, datetime, timedelta

import pytest

from foundation.crypto import TamperedValue
from foundation.errors import BadRequest
from foundation.models import AuditEntry, OutboxEvent
from transactions.models import Label
from transactions.presenting import (
    mask,
    masked_identifiers,
    masked_reference,
    readable_request,
)
from transactions.queries import list_transactions
from transactions.sealing import open_reference, open_request
from transactions.services import record_label
from transactions.tests.conftest import make_customer, make_transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(institution):
    return make_transaction(make_customer(institution))


def test_the_same_label_twice_is_one_label_one_event_one_audit_entry(payment):
    known = datetime(2026, 1, 9, tzinfo=UTC)
    for _ in range(2):
        record_label(
            transaction_row=payment, is_fraud=True, source="chargeback", by="test", known_at=known
        )
    assert Label.objects.count() == 1
    assert OutboxEvent.objects.filter(type="transactions.label_recorded.v1").count() == 1
    assert AuditEntry.objects.filter(action="transactions.label").count() == 1


@pytest.mark.parametrize("offset", [timedelta(seconds=-1), timedelta(days=36500)])
def test_a_label_before_its_event_or_from_the_future_is_refused(payment, offset):
    with pytest.raises(BadRequest, match="known_at"):
        record_label(
            transaction_row=payment,
            is_fraud=True,
            source="analyst",
            by="test",
            known_at=payment.occurred_at + offset,
        )
    assert not Label.objects.exists()


def test_identifiers_are_shown_masked(payment):
    assert masked_identifiers(open_request(payment)) == {
        "user_id": "C-••••1",
        "email": "a••••@example.com",
        "phone": "+234••••78",
        "ip_address": "203.0.•.•",
    }
    assert "20931" not in masked_reference(payment.customer)


@pytest.mark.parametrize("name", ["registered_address", "transaction_address", "bvn"])
def test_of_an_address_or_a_bank_verification_number_nothing_is_shown(name):
    assert mask(name, "12 Allen Avenue, Ikeja") == "••••"


def test_what_does_not_open_is_shown_as_nothing(payment, caplog):
    payment.sealed = payment.customer.reference_sealed = b"\x01" * 60
    assert readable_request(payment) == {}
    assert masked_reference(payment.customer) == "••••"
    assert "does not open" in caplog.text


def test_a_sealed_reference_does_not_open_in_another_row(institution):
    first, second = make_customer(institution, "one"), make_customer(institution, "two")
    second.reference_sealed = first.reference_sealed
    with pytest.raises(TamperedValue):
        open_reference(second)


def test_a_customer_is_found_by_reference_within_the_institution_only(payment, institution):
    assert list(list_transactions([institution.pk], user_id=" C-20931 ")) == [payment]
    assert not list_transactions([institution.pk], user_id="C-20932").exists()
    assert not list_transactions([institution.pk + 1], user_id="C-20931").exists()
