"""Gather finds a customer and the profile in one look-up."""

import pytest

from foundation.outbox import drain_outbox
from foundation.prepared import fetch_one
from foundation.sql import Fragment
from scoring.profiles import habits
from scoring.profiles.reading import FoundCustomer, found_customer, select
from scoring.services import score_transaction
from scoring.tests.making import make_request
from transactions.models import Customer

pytestmark = pytest.mark.django_db


def find(hashes, institution_id):
    params = []
    row = fetch_one(Fragment(f"SELECT {select(hashes, institution_id, params)}", params))
    return found_customer(row[0])


@pytest.fixture
def customer(bank):
    score_transaction(client=bank, request=make_request(), source="test")
    return Customer.objects.get()


def test_a_known_customer_is_found_with_the_profile(bank, customer):
    drain_outbox()
    found = find([bytes(customer.reference_hash)], bank.institution_id)
    assert found.id == customer.pk
    assert habits.read(found.profile).attempts == 1


def test_before_the_worker_came_by_there_is_no_profile_yet(bank, customer):
    assert find([bytes(customer.reference_hash)], bank.institution_id) == FoundCustomer(
        customer.pk, b""
    )


def test_an_unknown_one_is_not_found(bank, stranger, customer):
    assert find([b"x" * 16], bank.institution_id) is None
    assert find([bytes(customer.reference_hash)], stranger.institution_id) is None


def test_a_reference_under_any_key_in_use_finds_the_customer(bank, customer):
    drain_outbox()
    found = find([b"x" * 16, bytes(customer.reference_hash)], bank.institution_id)
    assert found.id == customer.pk
    assert found.profile


def test_an_id_of_any_size_is_read_back():
    assert found_customer(memoryview((2**40).to_bytes(8, "big") + b"\x91\x01")) == FoundCustomer(
        2**40, b"\x91\x01"
    )
    assert found_customer(None) is None
