"""A bank with one key, its neighbour, and the staff of both."""

from typing import NamedTuple

import pytest

from clients import authentication
from clients.models import ApiKey, Institution
from clients.services import create_institution, grant_scope, issue_api_key
from foundation.models import User
from foundation.roles import assign_roles


class Issued(NamedTuple):
    key: ApiKey
    text: str


def make_user(username: str, *roles: str) -> User:
    user = User.objects.create_user(username, is_staff=True)
    return assign_roles(user=user, roles=roles, by="tests")


@pytest.fixture(autouse=True)
def empty_cache():
    authentication.forget_cached_keys()
    yield
    authentication.forget_cached_keys()


@pytest.fixture
def bank(db) -> Institution:
    return create_institution(name="Bank", slug="bank", base_currency="NGN", by="tests")


@pytest.fixture
def neighbour(db) -> Institution:
    return create_institution(name="Neighbour", slug="neighbour", by="tests")


@pytest.fixture
def issued(bank) -> Issued:
    return Issued(*issue_api_key(institution=bank, name="core banking", by="tests"))


@pytest.fixture
def boss(db) -> User:
    return make_user("boss", "administrator")


@pytest.fixture
def analyst(bank) -> User:
    """Works for the bank only."""
    user = make_user("analyst", "analyst")
    grant_scope(user=user, institution=bank, by="tests")
    return user
