"""A bank with flagged transactions, and people who work on them."""

import pytest

from cases.alerts.opening import open_alerts
from clients.models import Institution
from clients.services import grant_scope
from foundation.models import User
from foundation.roles import assign_roles
from scoring.services import score_transaction
from scoring.tests.conftest import bank, rule_book, stranger  # noqa: F401
from scoring.tests.making import make_suspicious
from transactions.models import Transaction


@pytest.fixture
def analyst(bank) -> User:  # noqa: F811
    return person("analyst")


@pytest.fixture
def colleague(bank) -> User:  # noqa: F811
    return person("colleague")


@pytest.fixture
def supervisor(bank) -> User:  # noqa: F811
    return person("supervisor", "supervisor")


def person(name: str, *roles: str) -> User:
    """Works for our bank; an analyst where no role is named."""
    user = User.objects.create_user(name, is_staff=True)
    assign_roles(user=user, roles=roles or ["analyst"], by="tests")
    grant_scope(user=user, institution=Institution.objects.get(slug="bank"), by="tests")
    return user


def flag(client, transaction_id: str, *, user_id: str = "customer-1", amount: float = 500_000.0):
    """A flagged decision; its transaction."""
    request = make_suspicious(transaction_id=transaction_id, user_id=user_id, amount=amount)
    answer = score_transaction(client=client, request=request, source="test")
    assert answer.status != "approved"
    return Transaction.objects.get(institution_id=client.institution_id, external_id=transaction_id)


@pytest.fixture
def case(bank):  # noqa: F811
    [alert] = open_alerts([flag(bank, "t-1").pk])
    return alert.case
