"""A published rule book and two banks: ours and a stranger."""

import pytest

from clients.authentication import Client, ClientTier
from clients.services import create_institution
from rules.registry import registry
from scoring.tests.making import make_request  # noqa: F401
from scoring.tests.rule_book import bring_in_rule_book


def client_of(institution) -> Client:
    return Client(
        institution_id=institution.pk,
        institution_slug=institution.slug,
        base_currency=institution.base_currency,
        key_id=0,
        scopes=frozenset({"score", "read"}),
        tier=ClientTier("standard", 6000),
        throttled_as="",
    )


@pytest.fixture
def rule_book(db):
    registry.forget()
    bring_in_rule_book()
    yield
    registry.forget()


@pytest.fixture
def bank(rule_book) -> Client:
    return client_of(create_institution(name="Bank", slug="bank", base_currency="NGN", by="test"))


@pytest.fixture
def stranger(rule_book) -> Client:
    return client_of(create_institution(name="Other", slug="other", base_currency="USD", by="test"))
