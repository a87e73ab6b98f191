"""The whole cast: two banks with decisions, and a person of every role, scoped to the first."""

import pytest

from clients.services import grant_scope
from foundation.models import User
from foundation.roles import ROLES, assign_roles
from scoring.services import score_transaction
from scoring.tests.conftest import bank, rule_book, stranger  # noqa: F401
from scoring.tests.making import make_request, make_suspicious

IDENTIFIERS = {
    "email": "ada@example.com",
    "phone": "+2348012345678",
    "ip_address": "203.0.113.9",
    "device_id": "device-1815",
    "card_token": "token-1852",
}
UNKNOWN_FIELDS = {"holder": "Ada Lovelace"}


@pytest.fixture
def decided(bank, stranger):  # noqa: F811
    """Two decisions at our bank, one at the stranger's."""
    for client, name in ((bank, "ours"), (stranger, "theirs")):
        request = make_suspicious(
            transaction_id=f"{name}-1", identifiers=IDENTIFIERS, extras=UNKNOWN_FIELDS
        )
        score_transaction(client=client, request=request, source="test")
    request = make_request(transaction_id="ours-2", identifiers=IDENTIFIERS)
    score_transaction(client=bank, request=request, source="test")


@pytest.fixture
def people(bank) -> dict[str, User]:  # noqa: F811
    """One signed-up person a role, and a stranger to all roles."""
    from clients.models import Institution

    institution = Institution.objects.get(pk=bank.institution_id)
    found = {}
    for role in ROLES:
        user = User.objects.create_user(role, is_staff=True)
        assign_roles(user=user, roles=[role], by="test")
        grant_scope(user=user, institution=institution, by="test")
        found[role] = user
    found["nobody"] = User.objects.create_user("nobody", is_staff=True)
    return found
