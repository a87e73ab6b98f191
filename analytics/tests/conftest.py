"""A bank with decisions whose scores, times and labels are given, not worked out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from clients.services import create_institution
from foundation.ids import first_uuid7, uuid7
from scoring.models import Decision
from transactions.models import Label
from transactions.tests.conftest import make_customer, make_known

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def customer(db):
    bank = create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")
    return make_customer(bank)


@pytest.fixture
def stranger(db):
    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    return make_customer(other)


class Book:
    """Writes decisions for one customer."""

    def __init__(self, customer):
        self.customer = customer
        self.institution = customer.institution
        self.count = 0

    def add(self, score, *, days_ago=0.0, status=None, fraud=None, number=1, **more):
        """So many alike; `fraud` None leaves them without a label."""
        for _ in range(number):
            self._add(score, NOW - timedelta(days=days_ago), status, fraud, more)

    def _add(self, score, at, status, fraud, more):
        self.count += 1
        pk = first_uuid7(at + timedelta(seconds=1))
        pk = type(pk)(int=pk.int | (uuid7().int & ((1 << 62) - 1)))  # no two alike
        row = make_known(
            self.customer,
            f"t-{self.count}",
            id=pk,
            occurred_at=at,
            received_at=at,
            vertical=more.get("vertical", "payments"),
            transaction_type=more.get("kind", "transfer"),
            amount=Decimal(more.get("amount", 100)),
            currency=more.get("currency", "NGN"),
        )
        Decision.objects.create(
            transaction=row,
            institution=self.institution,
            decided_at=at,
            status=status or status_of(score),
            risk_level=next(name for low, name in LEVELS if score >= low),
            fraud_score=score,
            rule_score=more.get("rule_score", float(score)),
            effect=more.get("effect", ""),
            use_ml=True,
            hits=[],
            ruleset_number=1,
            model_version=more.get("model", ""),
            catalogue_version=1,
            hash_version=1,
            numbers=[],
            texts=[],
            inputs={},
        )
        if fraud is not None:
            self.label(row, fraud, known_at=min(at + timedelta(days=1), NOW))
        self.last = row

    def label(self, row, fraud, *, known_at=NOW, source="client"):
        Label.objects.create(
            transaction=row,
            institution=self.institution,
            is_fraud=fraud,
            source=source,
            known_at=known_at,
        )


LEVELS = ((80, "critical"), (60, "high"), (40, "medium"), (0, "low"))


def status_of(score):
    return "declined" if score >= 60 else "review" if score >= 40 else "approved"


@pytest.fixture
def book(customer):
    return Book(customer)


@pytest.fixture
def theirs(stranger):
    """Another bank's decisions, which nobody else's figures may hold."""
    book = Book(stranger)
    book.add(90, fraud=True, number=3)
    return book
