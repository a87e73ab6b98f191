"""A published rule book, two banks with keys, and nothing cached from the test before."""

import pytest

from clients.authentication import forget_cached_keys
from clients.models import Institution
from clients.services import create_institution, issue_api_key
from intake.health import forget_health
from intake.metrics import live_rules
from intake.tests.cast import Caller
from rules.registry import registry
from scoring.tests.rule_book import bring_in_rule_book


@pytest.fixture(autouse=True)
def fresh_caches():
    forget_everything()
    yield
    forget_everything()


def forget_everything():
    registry.forget()
    forget_cached_keys()
    forget_health()
    live_rules.cache_clear()


def publish_rules():
    bring_in_rule_book()


def open_bank(slug: str, currency: str = "NGN", **more) -> tuple[Institution, Caller]:
    institution = create_institution(
        name=slug.title(), slug=slug, base_currency=currency, by="test"
    )
    _, text = issue_api_key(institution=institution, name="test", by="test", **more)
    return institution, Caller(text)


@pytest.fixture
def rule_book(db):
    publish_rules()


@pytest.fixture
def bank(rule_book) -> Caller:
    return open_bank("bank")[1]


@pytest.fixture
def stranger(rule_book) -> Caller:
    return open_bank("stranger", "USD")[1]
