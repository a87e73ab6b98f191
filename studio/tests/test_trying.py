"""Trying a draft on one transaction: each part, the score, the reason."""

from typing import Any

import pytest

from rules.definition import Definition
from rules.errors import Invalid
from rules.tests.cast import RATES_TO_NGN, make_config, make_definition, make_values
from studio.editor.trying import Subject, Trial, try_out


def subject(**supplied: Any) -> Subject:
    return Subject(
        title="T",
        values=make_values(**{"amount": 9_000_000, "currency": "NGN", **supplied}),
        currency="NGN",
        rates=RATES_TO_NGN,
        listed=frozenset({("email_domain", "disposable_domains")}),
        vertical=make_config(),
    )


def trial(condition: str, definition: Definition | None = None, **supplied: Any) -> Trial:
    definition = definition or make_definition(condition=condition)
    return try_out(definition, subject(**supplied))


def test_a_rule_that_fires_tells_score_and_reason():
    tried = trial("amount > limit")
    assert tried.fires
    assert tried.score == "30 points"
    assert tried.reason.startswith("NGN 9,000,000 is above NGN ")


def test_a_rule_that_does_not_fire_tells_neither():
    tried = trial("amount > limit", amount=10.0)
    assert (tried.fires, tried.value, tried.score, tried.reason) == (False, "false", "", "")


@pytest.mark.parametrize(
    ("condition", "whole", "parts"),
    [
        ("amount > limit and ip_is_vpn", "missing", ["true", "missing"]),
        ("amount > limit or ip_is_vpn", "true", ["true", "missing"]),
        ("amount < limit and ip_is_vpn", "false", ["false", "missing"]),
        ("amount > limit and not ip_is_vpn", "missing", ["true", "missing"]),
        ("amount > limit and not (ip_is_vpn and amount < limit)", "true", ["true", "true"]),
    ],
)
def test_each_part_has_its_value(condition: str, whole: str, parts: list[str]):
    root = trial(condition).root
    assert root.value == whole
    assert [part.value for part in root.parts] == parts


def test_names_are_told_with_what_they_are_here():
    root = trial("amount > limit and ip_is_vpn").root
    amount, vpn = (dict(part.operands) for part in root.parts)
    assert amount["amount"] == "NGN 9,000,000.00"
    assert amount["limit"].startswith("5,000 USD, here NGN ")
    assert vpn == {"ip_is_vpn": "missing"}


def test_a_chain_is_one_part():
    definition = make_definition(
        condition="0 < account_age_days < 30", parameters=(), reason="new account"
    )
    root = trial("", definition, account_age_days=12.0).root
    assert (root.value, root.parts) == ("true", ())
    assert dict(root.operands) == {"account_age_days": "12 days"}


def test_a_rule_that_is_not_of_the_vertical_does_not_fire():
    tried = trial("", make_definition(only=("crypto",)))
    assert (tried.value, tried.applies, tried.fires) == ("true", False, False)


def test_a_score_that_is_missing_counts_nothing_and_says_so():
    tried = trial("", make_definition(score="account_age_days"))
    assert tried.fires
    assert "missing" in tried.score


def test_a_draft_that_is_not_sound_is_refused():
    with pytest.raises(Invalid):
        trial("amonut > limit")
