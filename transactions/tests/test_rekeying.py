"""Changing the key: everything stays findable and readable, and nothing needs the old key."""

import base64

import pytest
from django.core.management import call_command

from foundation.crypto import keyring
from foundation.rekey import versions_in_use
from transactions.models import Customer, Transaction
from transactions.presenting import masked_identifiers
from transactions.queries import list_transactions
from transactions.sealing import open_reference, open_request
from transactions.search import search
from transactions.tests.conftest import make_customer, make_transaction

pytestmark = pytest.mark.django_db
OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def old_payment(settings, institution):
    settings.FRAUDSHIELD_KEYS = f"1:{OLD}"
    return make_transaction(make_customer(institution))


def test_during_rotation_both_keys_find_and_open(settings, old_payment, institution):
    settings.FRAUDSHIELD_KEYS = f"2:{NEW},1:{OLD}"
    assert list(list_transactions([institution.pk], user_id="C-20931")) == [old_payment]
    assert open_reference(Customer.objects.get()) == "C-20931"


def test_after_rekeying_the_old_key_is_not_needed(settings, old_payment, institution):
    settings.FRAUDSHIELD_KEYS = f"2:{NEW},1:{OLD}"
    call_command("rekey", verbosity=0)
    settings.FRAUDSHIELD_KEYS = f"2:{NEW}"
    assert keyring().versions == (2,)
    assert set(versions_in_use()) == {2}
    moved = Transaction.objects.get()
    assert masked_identifiers(open_request(moved))["email"] == "a••••@example.com"
    assert list(list_transactions([institution.pk], user_id="C-20931")) == [moved]
    assert list(search("ADA@example.com", [institution.pk])) == [moved]
    assert moved.hash_version == Customer.objects.get().hash_version == 2
