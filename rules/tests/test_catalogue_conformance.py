"""One battery run over every built-in rule, whatever it says."""

import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.framework import CATEGORIES
from features.types import Type
from rules import language
from rules.catalogue import BuiltIn, built_in_rules, built_in_verticals
from rules.checking import CheckedDefinition, check_definition
from rules.definition import VERTICALS, Effect, Money
from rules.engine import CompiledVertical, vertical_values
from rules.reasons import places
from rules.tests.cast import CATALOGUE, publish

RULES = built_in_rules()
CHECKED: dict[str, CheckedDefinition] = {b.code: check_definition(b.definition) for b in RULES}
CONFIGS = {config.code: config for config in built_in_verticals()}
RATES = {"USD": 1500.0, "NGN": 1.0, "EUR": 1700.0}
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


@cache
def compiled(code: str, vertical: str = "payments") -> CompiledVertical:
    checked = CHECKED[code]
    return CompiledVertical(CONFIGS[vertical], [(publish(checked.definition, code), checked)])


def test_the_eleven_verticals_are_shipped_with_their_numbers() -> None:
    assert CONFIGS.keys() == set(VERTICALS)
    numbers = {
        code: (c.review_threshold, c.fraud_score_threshold, c.aml_threshold)
        for code, c in CONFIGS.items()
    }
    special = {"lending": (40, 65, 75), "crypto": (40, 50, 60), "mobile_money": (40, 80, 80)}
    assert numbers == {code: special.get(code, (40, 60, 80)) for code in VERTICALS}
    assert all((c.rules_weight, c.ml_weight) == (0.6, 0.4) for c in CONFIGS.values())
    usual = {"vpn_or_proxy": 0.95, "new_device": 0.85}
    assert CONFIGS["crypto"].rule_weights == {"crypto_exchange": 1.5, **usual}
    assert all(c.rule_weights == usual for code, c in CONFIGS.items() if code != "crypto")


@pytest.mark.parametrize("code", ["vpn_or_proxy", "new_device"])
def test_a_vpn_or_a_new_telephone_alone_is_no_reason_for_review(code: str) -> None:
    (rule,) = (rule for rule in RULES if rule.code == code)
    points = rule.definition.confidence * float(rule.definition.score)
    for config in CONFIGS.values():
        assert config.rule_weights[code] * points < config.review_threshold - 0.5
    assert CONFIGS["payments"].currencies == ("NGN", "USD", "EUR", "GBP")
    assert {"KES", "TZS", "UGX", "GHS"} < set(CONFIGS["mobile_money"].currencies)


def test_weights_name_rules_that_are_shipped() -> None:
    codes = {rule.code for rule in RULES}
    assert all(set(config.rule_weights) <= codes for config in CONFIGS.values())


@every_rule
def test_it_compiles_in_every_vertical(rule: BuiltIn) -> None:
    for code in VERTICALS:
        assert compiled(rule.code, code).rules


@every_rule
def test_it_says_what_it_is(rule: BuiltIn) -> None:
    definition = rule.definition
    assert re.fullmatch(r"[a-z][a-z0-9_]{2,63}", rule.code)
    assert definition.category in CATEGORIES
    assert definition.description.endswith(".")
    assert definition.family
    assert definition.flag_type
    assert definition.tags
    assert not CHECKED[rule.code].warnings


@every_rule
def test_a_decline_or_review_is_no_mere_suspicion(rule: BuiltIn) -> None:
    if rule.definition.effect in {Effect.DECLINE, Effect.REVIEW}:
        assert language.interpret(CHECKED[rule.code].score, {}) is not None


@every_rule
def test_every_parameter_is_documented_bounded_and_used(rule: BuiltIn) -> None:
    checked = CHECKED[rule.code]
    named = {*checked.condition.parameters, *checked.score.parameters}
    for parameter in rule.definition.parameters:
        assert parameter.doc.endswith(".")
        assert parameter.name in {*named, *places(rule.definition.reason)}
        if isinstance(parameter.value, Money | float | int):
            assert parameter.minimum is not None
            assert parameter.maximum is not None
        if isinstance(parameter.value, float):
            assert parameter.unit


@every_rule
def test_no_threshold_hides_in_the_text(rule: BuiltIn) -> None:
    """Numbers stand in parameters, where they can be tuned; a plain score is one number."""
    assert not re.search(r"(?<![a-z0-9_])\d", rule.definition.condition)
    score = rule.definition.score
    assert score.isdigit() or not re.search(r"(?<![a-z0-9_])\d", score)


@every_rule
def test_its_reason_can_be_told_when_everything_is_missing(rule: BuiltIn) -> None:
    vertical = compiled(rule.code)
    currencies = dict.fromkeys(range(len(vertical._money)), None)
    text = vertical.rules[0].template.render([None] * len(CATALOGUE), currencies, "NGN")  # type: ignore[arg-type]
    assert text
    assert "{" not in text


@every_rule
def test_it_is_silent_when_everything_is_missing(rule: BuiltIn) -> None:
    pairs = frozenset(language.dependencies(CHECKED[rule.code].condition).lists)
    evaluation = compiled(rule.code).evaluate(
        [None] * len(CATALOGUE), currency="NGN", rates=RATES, listed=pairs, customer_hash=None
    )
    assert evaluation.hits == evaluation.errors == ()


@every_rule
def test_its_reason_names_no_identifier(rule: BuiltIn) -> None:
    for name in places(rule.definition.reason):
        assert name not in CATALOGUE or CATALOGUE[name].type is not Type.IDENTIFIER


def value_of(name: str) -> st.SearchStrategy[Any]:
    """Any value that the feature can have, near the thresholds more often than far away."""
    feature = CATALOGUE[name]
    if feature.type is Type.BOOLEAN:
        return st.none() | st.booleans()
    if feature.type is Type.STRING:
        words = [*feature.choices, "NG", "NGN", "goldfish", "gambling", "x"]
        return st.none() | st.sampled_from(words)
    if feature.type is Type.IDENTIFIER:
        return st.none() | st.just("a1b2")
    low, high = max(feature.bounds[0], -1e12), min(feature.bounds[1], 1e12)
    small = st.integers(int(max(low, -20)), int(min(high, 100))).map(float)
    return st.none() | small | st.floats(low, high, allow_nan=False)


@every_rule
@settings(deadline=None)  # the first example of a rule compiles it
@given(data=st.data())
def test_compiled_and_interpreted_agree_and_scores_stay_in_bounds(
    rule: BuiltIn, data: st.DataObject
) -> None:
    checked = CHECKED[rule.code]
    names = {
        *language.dependencies(checked.condition).features,
        *language.dependencies(checked.score).features,
    }
    row = {name: data.draw(value_of(name), label=name) for name in sorted(names)}
    currency = data.draw(st.sampled_from(["NGN", "USD", "EUR", "JPY"]), label="currency")
    code = data.draw(st.sampled_from(VERTICALS), label="vertical")
    rates = {} if currency == "JPY" else RATES
    pairs = sorted(language.dependencies(checked.condition).lists)
    listed = data.draw(st.sets(st.sampled_from(pairs)), label="listed") if pairs else set()
    surroundings = language.Surroundings(
        vertical=vertical_values(CONFIGS[code]), currency=currency, rates=rates, listed=listed
    )
    expected = language.interpret(checked.condition, row, surroundings) is True
    values: list[Any] = [None] * len(CATALOGUE)
    for name, value in row.items():
        values[CATALOGUE.index[name]] = value
    evaluation = compiled(rule.code, code).evaluate(
        values, currency=currency, rates=rates, listed=listed, customer_hash=None
    )
    assert bool(evaluation.hits) is expected
    if expected:
        score = language.interpret(checked.score, row, surroundings)
        assert isinstance(score, float)
        assert evaluation.hits[0].score == score
        assert 0 <= score <= 100
