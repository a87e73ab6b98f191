"""Two banks, people of some roles at the first, and lists of most kinds."""

import pytest

from clients.services import create_institution, grant_scope
from foundation.models import User
from foundation.roles import assign_roles
from intelligence.lists import forget_names
from intelligence.models import List
from intelligence.tests.making import make_list


@pytest.fixture(autouse=True)
def _fresh_names():
    forget_names()


@pytest.fixture
def bank(db):
    return create_institution(name="Our Bank", slug="ours", base_currency="NGN", by="test")


@pytest.fixture
def stranger(db):
    return create_institution(name="Their Bank", slug="theirs", by="test")


@pytest.fixture
def people(bank) -> dict[str, User]:
    """One person a role, all at our bank."""
    found = {}
    for role in ("analyst", "supervisor", "risk_manager", "auditor", "administrator"):
        user = User.objects.create_user(role, is_staff=True)
        assign_roles(user=user, roles=[role], by="test")
        grant_scope(user=user, institution=bank, by="test")
        found[role] = user
    return found


@pytest.fixture
def emails(db) -> List:
    return make_list("blocked_emails", "email")


@pytest.fixture
def everything(db) -> List:
    """A list that may hold values of any kind."""
    from intelligence.kinds import KINDS

    return make_list("everything", *KINDS)
