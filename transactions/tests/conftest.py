"""Two banks without a rule book: facts need none."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from clients.services import create_institution
from foundation.crypto import hash_versions, keyed_hash, seal
from foundation.ids import uuid7
from transactions.models import Customer, Transaction, TransactionKey
from transactions.sealing import identity_context, seal_request


@pytest.fixture
def institution(db):
    return create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")


def make_customer(institution, reference="C-20931", version=None) -> Customer:
    digest = keyed_hash(reference, purpose="customer", version=version)
    context = identity_context("customer", institution.pk, digest)
    return Customer.objects.create(
        institution=institution,
        reference_hash=digest,
        reference_sealed=seal(reference.encode(), context=context),
        hash_version=version or hash_versions()[0],
        first_seen_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def make_transaction(customer, **overrides) -> Transaction:
    pk = uuid7()
    identifiers = {
        "email": "ada@example.com",
        "phone": "+2348012345678",
        "ip_address": "203.0.113.9",
    }
    content = {
        "user_id": "C-20931",
        "identifiers": identifiers,
        "supplied": {},
        "extras": {},
        "utc_offset_minutes": None,
    }
    fields = {
        "id": pk,
        "institution": customer.institution,
        "external_id": "t-1",
        "occurred_at": datetime(2026, 1, 1, tzinfo=UTC),
        "received_at": datetime(2026, 1, 1, tzinfo=UTC),
        "source": "test",
        "vertical": "fintech",
        "amount": Decimal(100),
        "currency": "NGN",
        "customer": customer,
        "email_hash": keyed_hash("ada@example.com", purpose="email"),
        "hash_version": hash_versions()[0],
        "sealed": seal_request(pk, msgspec.msgpack.encode(content)),
        **overrides,
    }
    return Transaction.objects.create(**fields)


def make_known(customer, external_id="t-1", **overrides) -> Transaction:
    """A transaction with its key, so that it is found by the client's own ID."""
    row = make_transaction(customer, external_id=external_id, **overrides)
    TransactionKey.objects.create(
        institution_id=row.institution_id,
        kind=TransactionKey.Kind.TRANSACTION,
        key=external_id,
        transaction=row,
        fingerprint=b"\0" * 16,
        hash_version=row.hash_version,
    )
    return row
