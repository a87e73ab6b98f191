"""Labels, masks and scopes."""

from datetime import UTC, datetime, timedelta

import pytest

from foundation.crypto import TamperedValue
from foundation.errors import BadRequest
from foundation.models import AuditEntry, OutboxEvent
from foundation.tests.threads import at_once
from transactions.models import Label
from transactions.presenting import (
    mask,
    masked_identifiers,
    masked_reference,
    readable_request,
)
from transactions.queries import list_transactions
from transactions.sealing import open_reference, open_request
from transactions.services import Told, record_label, record_labels
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


@pytest.mark.parametrize("offset", [timedelta(minutes=-6), timedelta(days=36500)])
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


def tell(*told):
    return record_labels(told, by="test")


def test_a_word_repeated_without_a_time_adds_nothing(payment):
    first, again = tell(Told(payment.pk, True, "client"), Told(payment.pk, True, "client"))
    assert (first.created, again.created) == (True, False)
    assert again.label == first.label
    [later] = tell(Told(payment.pk, True, "client"))
    assert (later.created, later.label) == (False, first.label)
    assert Label.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"is_fraud": False},
        {"source": "customer"},
        {"typology": "account_takeover"},
    ],
)
def test_another_word_is_a_label_of_its_own(payment, other):
    word = {"transaction_id": payment.pk, "is_fraud": True, "source": "client"}
    tell(Told(**word))
    [second] = tell(Told(**{**word, **other}))
    assert second.created
    assert Label.objects.count() == 2


def test_a_typology_told_once_is_not_taken_back_by_saying_nothing(payment):
    tell(Told(payment.pk, True, "client", typology="account_takeover"))
    [again] = tell(Told(payment.pk, True, "client"))
    assert (again.created, again.label.typology) == (False, "account_takeover")


def test_what_was_known_earlier_than_thought_is_recorded(payment):
    """Point in time: from the earlier moment on it may be learned from."""
    tell(Told(payment.pk, True, "client", datetime(2026, 2, 9, tzinfo=UTC)))
    [earlier] = tell(Told(payment.pk, True, "client", datetime(2026, 2, 1, tzinfo=UTC)))
    [between] = tell(Told(payment.pk, True, "client", datetime(2026, 2, 5, tzinfo=UTC)))
    assert (earlier.created, between.created) == (True, False)
    assert between.label == earlier.label


def test_a_clock_a_little_ahead_is_forgiven(payment):
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    [recorded] = tell(Told(payment.pk, True, "client", ahead))
    assert recorded.label.known_at < ahead


def test_a_clock_a_little_behind_is_forgiven(payment):
    """Whoever counts whole seconds tells of a label before the transaction of the same second."""
    [recorded] = tell(Told(payment.pk, True, "client", payment.occurred_at - timedelta(minutes=4)))
    assert recorded.label.known_at == payment.occurred_at


def test_a_transaction_whose_clock_was_ahead_can_be_labelled_at_once(institution):
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    payment = make_transaction(make_customer(institution), occurred_at=ahead)
    [recorded] = tell(Told(payment.pk, True, "client"))
    assert recorded.label.known_at == ahead


def test_one_that_is_refused_keeps_none_from_being_recorded(payment):
    wrong = Told(payment.pk, True, "client", datetime(2020, 1, 1, tzinfo=UTC))
    outcomes = tell(wrong, Told(payment.pk, False, "client"))
    assert isinstance(outcomes[0], BadRequest)
    assert outcomes[1].created


def test_the_number_of_queries_does_not_depend_on_the_number_of_labels(
    payment, django_assert_num_queries
):
    others = [make_transaction(payment.customer, external_id=f"o-{n}") for n in range(20)]
    with django_assert_num_queries(7):  # five, and the transaction's begin and end
        tell(*(Told(row.pk, True, "client") for row in [payment, *others]))
    told = list(OutboxEvent.objects.order_by("pk").values_list("subject", flat=True))
    assert told == [str(row.pk) for row in [payment, *others]]
    assert AuditEntry.objects.filter(action="transactions.label").count() == 21


def test_nothing_told_is_nothing_recorded(db):
    assert tell() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_word_told_at_once_is_one_label(institution):
    payment = make_transaction(make_customer(institution))
    outcomes = at_once(*[lambda: tell(Told(payment.pk, True, "client"))] * 4)
    assert sorted(recorded.created for [recorded] in outcomes) == [False, False, False, True]
    assert Label.objects.count() == 1
    assert OutboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_bulks_in_opposite_order_do_not_block_each_other(institution):
    customer = make_customer(institution)
    rows = [make_transaction(customer, external_id=f"t-{n}") for n in range(50)]
    words = [Told(row.pk, True, "client") for row in rows]
    outcomes = at_once(*[lambda: tell(*words), lambda: tell(*reversed(words))] * 2)
    assert sum(recorded.created for bulk in outcomes for recorded in bulk) == 50
