"""A book of a few published rules, with counts as the follow-ups of decisions would leave them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from clients.services import create_institution
from intelligence.tests.making import make_list
from rules.catalogue import built_in_verticals
from rules.definition import Definition, Effect, Severity, State
from rules.models import Publication, Rule, Vertical
from rules.publishing import publish_first_ruleset
from rules.registry import registry
from rules.services import create_rule, edit_rule, set_rule_state, write_config
from scoring.models import DecisionActivity, RuleActivity

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def definition(**changes) -> Definition:
    plain = {
        "name": "Fast account",
        "category": "identity",
        "condition": "account_age_days < 7",
        "score": "40",
        "confidence": 1.0,
        "severity": Severity.MEDIUM,
        "reason": "The account is new",
        "family": "account",
        "flag_type": "new_account",
    }
    return Definition(**{**plain, **changes})


RULES = {
    "wild": definition(owner="rita"),
    "calm": definition(condition="ip_is_vpn", family="ip"),
    "sure": definition(condition="ip_is_tor", family="tor", effect=Effect.DECLINE),
    "blocked": definition(
        condition='listed(email, "disposable_domains")', family="list", effect=Effect.DECLINE
    ),
}


@pytest.fixture
def book(db):
    """Four live rules in ruleset 1."""
    registry.forget()
    for config in built_in_verticals():
        vertical = Vertical(code=config.code)
        write_config(vertical, msgspec.structs.replace(config, rule_weights={}))
        vertical.save()
    make_list("disposable_domains", "email")
    for code, said in RULES.items():
        create_rule(by="test", code=code, definition=said)
        set_rule_state(by="test", code=code, to=State.SHADOW)
        set_rule_state(by="test", code=code, to=State.LIVE)
    publish_first_ruleset(by="test")
    yield
    registry.forget()


@pytest.fixture
def bank(db):
    return create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")


def decided(bank, number: int, *, day=NOON, vertical="fintech") -> None:
    """So many decisions more."""
    row, _ = DecisionActivity.objects.get_or_create(
        institution=bank, day=day.date(), vertical=vertical, status="approved"
    )
    row.decisions += number
    row.save()


def hit(bank, code: str, number: int, *, errors=0, shadow=0, day=NOON, vertical="fintech") -> None:
    """So many hits of the rule more."""
    row, _ = RuleActivity.objects.get_or_create(
        institution=bank, day=day.date(), vertical=vertical, rule_code=code
    )
    row.live_hits += number
    row.shadow_hits += shadow
    row.errors += errors
    row.save()


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def state_in_force(code: str) -> State:
    snapshot = Publication.objects.get().ruleset.content
    return next(rule.state for rule in snapshot.rules if rule.code == code)


def state_in_book(code: str) -> State:
    return State(Rule.objects.get(code=code).state)


def edited(code: str, **changes) -> int:
    """The rule's next version."""
    rule = Rule.objects.get(code=code)
    version = edit_rule(
        by="test",
        code=code,
        definition=definition(**changes),
        expected_version=rule.version.number,
    )
    return version.number
