"""Compiled rulesets: isolation of rules, amounts, lists, vertical values, size."""

import math
from typing import Any

import pytest

from features.types import Type
from rules.language import (
    CompilableRule,
    CompiledRuleset,
    MoneyParameter,
    Parameter,
    Scope,
    check,
    compile_ruleset,
    dependencies,
    parse,
    resolve_money,
)
from rules.language.compile import RULES_A_FUNCTION
from rules.language.tests.cast import SCOPE, checked

POSITIONS = {name: place for place, name in enumerate(SCOPE.features)}
RATES = {"USD": 1_500.0}


def compiled(*texts: str, **vertical: Any) -> CompiledRuleset:
    rules = [CompilableRule(checked(text)) for text in texts]
    return compile_ruleset(rules, positions=POSITIONS, vertical=vertical)


def vector(**known: Any) -> list[Any]:
    return [known.get(name) for name in SCOPE.features]


def test_it_names_the_rules_that_fire_in_order() -> None:
    ruleset = compiled("ip_is_proxy", "login_hour > 5", "ip_is_vpn", "not ip_is_proxy")
    assert ruleset.evaluate(vector(ip_is_vpn=True, ip_is_proxy=False, login_hour=7.0))[0] == [
        1,
        2,
        3,
    ]


def test_nothing_fires_when_everything_is_missing() -> None:
    ruleset = compiled("ip_is_vpn", "not ip_is_vpn", "login_hour > 5", "not login_hour > 5")
    assert ruleset.evaluate(vector()) == ([], [])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_missing(value: float) -> None:
    ruleset = compiled("failed_logins > 5", "not known(failed_logins)", "failed_logins != 5")
    assert ruleset.evaluate(vector(failed_logins=value))[0] == [1]


@pytest.mark.parametrize("wrong", ["many", ("a",), [], object()])
def test_a_rule_that_raises_is_reported_and_the_others_decide(wrong: object) -> None:
    ruleset = compiled("ip_is_vpn", "failed_logins > 5", "login_hour > 5", "amount > small")
    values = vector(ip_is_vpn=True, failed_logins=wrong, login_hour=7.0, amount=math.inf)
    hits, failures = ruleset.evaluate(values, ruleset.resolve_money("USD", {}))
    assert hits == [0, 2]
    assert [(index, type(error)) for index, error in failures] == [(1, TypeError)]


def test_a_score_is_evaluated_on_its_own() -> None:
    rules = [
        CompilableRule(checked("ip_is_vpn"), checked("min(80, failed_logins * 15)", Type.NUMBER)),
        CompilableRule(checked("ip_is_proxy")),
    ]
    ruleset = compile_ruleset(rules, positions=POSITIONS)
    assert ruleset.score(0, vector(failed_logins=4.0)) == 60.0
    assert ruleset.score(0, vector()) is None
    assert ruleset.score(1, vector()) is None
    with pytest.raises(TypeError):
        ruleset.score(0, vector(failed_logins="many"))


def test_amounts_are_compared_in_the_currency_of_the_transaction() -> None:
    ruleset = compiled("amount > limit", "amount > small", "limit < amount")
    assert [parameter.value for parameter in ruleset.money_parameters] == [5_000.0, 50.0]
    money = ruleset.resolve_money("NGN", RATES)
    assert money == [7_500_000.0, 75_000.0]
    assert ruleset.evaluate(vector(amount=100_000.0), money)[0] == [1]
    assert ruleset.evaluate(vector(amount=8_000_000.0), money)[0] == [0, 1, 2]


def test_an_amount_that_cannot_be_converted_is_missing() -> None:
    ruleset = compiled("amount > limit", "not amount > limit", "amount > 0")
    money = ruleset.resolve_money("NGN", {})
    assert ruleset.evaluate(vector(amount=8_000_000.0), money)[0] == [2]


@pytest.mark.parametrize(
    ("currency", "rates", "expected"),
    [
        ("USD", {}, 5_000.0),
        ("NGN", RATES, 7_500_000.0),
        ("KES", RATES, 600_000.0),
        ("NGN", {}, None),
        ("NGN", {"USD": math.nan}, None),
        ("NGN", {"USD": 1e308}, None),
        (None, RATES, None),
    ],
)
def test_money_is_resolved(currency: str | None, rates: dict[str, float], expected: Any) -> None:
    parameter = MoneyParameter(5_000.0, "USD", {"KES": 600_000.0})
    assert resolve_money(parameter, currency, rates) == expected


def test_money_parameters_cannot_be_changed_afterwards() -> None:
    overrides = {"KES": 1.0}
    parameter = MoneyParameter(5.0, "USD", overrides)
    overrides["KES"] = 2.0
    assert parameter.overrides["KES"] == 1.0
    assert hash(parameter) == hash(MoneyParameter(5.0, "USD", {"KES": 1.0}))


def test_list_hits_are_asked_for_by_feature_and_list() -> None:
    ruleset = compiled(
        'listed(email, "blocked_emails")',
        'listed(ip_address, "bad_ips")',
        'not listed(email, "bad_ips")',
    )
    hits = {("email", "blocked_emails"), ("ip_address", "bad_ips")}
    assert ruleset.evaluate(vector(email="3f"), (), hits)[0] == [0, 2]


def test_the_vertical_gives_its_values() -> None:
    texts = (
        "failed_logins > vertical.aml_threshold",
        "currency not in vertical.currencies",
        "contains_any(user_agent, vertical.currencies)",
    )
    values = vector(failed_logins=80.0, currency="GHS", user_agent="USD")
    lending = compiled(*texts, aml_threshold=75, currencies=("NGN", "USD"))
    assert lending.evaluate(values)[0] == [0, 1, 2]
    assert compiled(*texts, aml_threshold=90.0, currencies=("GHS",)).evaluate(values)[0] == []
    assert compiled(*texts).evaluate(values) == ([], [])


def test_very_many_rules_are_spread_over_functions() -> None:
    texts = [f"failed_logins == {number}" for number in range(RULES_A_FUNCTION + 10)]
    ruleset = compiled(*texts, "ip_is_vpn")
    last = RULES_A_FUNCTION + 3
    hits, _ = ruleset.evaluate(vector(failed_logins=float(last), ip_is_vpn=True))
    assert hits == [last, len(texts)]


def test_no_rules_at_all_fire_nothing() -> None:
    assert compile_ruleset([], positions={}).evaluate([]) == ([], [])


def test_a_feature_without_a_place_is_told_at_once() -> None:
    with pytest.raises(KeyError):
        compile_ruleset([CompilableRule(checked("ip_is_vpn"))], positions={})


def test_nothing_of_the_text_is_in_the_generated_code() -> None:
    ruleset = compiled(
        'ip_country == "SECRET" or matches(user_agent, "SECRET") or "SECRET" in usual_categories'
    )
    assert "SECRET" not in ruleset.source
    assert "ip_country" not in ruleset.source


def test_it_knows_what_a_rule_depends_on() -> None:
    rule = checked(
        'amount > limit and listed(email, "blocked_emails") and currency in vertical.currencies'
        " and failed_logins > max_logins"
    )
    found = dependencies(rule)
    assert found.features == ("amount", "currency", "email", "failed_logins")
    assert found.lists == (("email", "blocked_emails"),)
    assert found.vertical == ("currencies",)
    assert found.parameters == ("limit", "max_logins")
    assert found.currencies == ("USD",)


def test_a_parameter_may_be_of_any_type() -> None:
    values: dict[str, Any] = {"n": 5, "s": "NG", "many": ["a"], "flag": False, "few": ()}
    scope = Scope(SCOPE.features, {name: Parameter(value) for name, value in values.items()})
    text = "failed_logins > n or ip_country == s or ip_country in many or flag or ip_country in few"
    assert check(parse(text), scope).type is Type.BOOLEAN
