"""One battery for every feature: what any of them must keep to, whoever declares it."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

import features.computations
from features.catalogue import CATALOGUE, compute_vector
from features.framework import FACT_NAMES, TALLY_NAMES, Catalogue
from features.tests.worlds import NOON, RAW, make_facts, sample, transactions
from features.types import Type

COMPUTED = pytest.mark.parametrize(
    "feature", [f for f in CATALOGUE if f.compute], ids=lambda f: f.name
)
# Inputs that tell something for one feature and nothing for others.
TELLING_ONLY_THIS = {
    "card_virtual": {"card_type": "virtual"},
    "is_subscription": {"transaction_type": "subscription"},
    "subscription_frequency": {"is_subscription": True},
    "original_purchase_hours_ago": {"transaction_is_refund": True},
    "time_zone_match": {"ip_country": "NG"},
}
PYTHON_TYPES = {
    Type.NUMBER: float,
    Type.MONEY: float,
    Type.TIMESTAMP: float,
    Type.BOOLEAN: bool,
    Type.STRING: str,
    Type.IDENTIFIER: str,
    Type.STRINGS: tuple,
}


def but_for(keeps_to):
    """The names of the features that do not keep to it."""
    return [feature.name for feature in CATALOGUE if not keeps_to(feature)]


def test_names_are_lower_case_words():
    assert but_for(lambda f: re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", f.name)) == []


def test_descriptions_are_sentences():
    assert but_for(lambda f: re.fullmatch(r"[A-Z].{8,}[^.]\.", f.doc)) == []


def test_numbers_have_bounds_on_both_sides():
    unbounded = [f.name for f in CATALOGUE if None in (f.minimum, f.maximum)]
    assert [name for name in unbounded if PYTHON_TYPES[CATALOGUE[name].type] is float] == []


def test_identifiers_are_not_computed():
    assert but_for(lambda f: f.type is not Type.IDENTIFIER or f.compute is None) == []


def test_patterns_accept_their_examples():
    examples = [(f, example) for f in CATALOGUE for example in f.example.split(" or ") if example]
    assert [f.name for f, example in examples if not re.search(f.pattern, example)] == []


def alone(feature):
    """A catalogue in which only this feature is computed, and its inputs are supplied."""
    inputs = {*feature.computed_from, *feature.optional} & CATALOGUE.index.keys()
    plain = [
        replace(
            CATALOGUE[name],
            compute=None,
            computed_from=(),
            optional=(),
            source="supplied",
            same_as="",
        )
        for name in CATALOGUE.index
        if name in inputs | {"occurred_at"} | ({feature.same_as} - {""})
    ]
    return Catalogue([*plain, feature])


def facts_without(feature, *missing):
    """Facts in which all inputs of the feature are known but the missing ones."""
    names = [n for n in (*feature.computed_from, *feature.optional) if n not in missing]
    known = [CATALOGUE[n] for n in names if n in CATALOGUE]
    return make_facts(
        raw={n.removeprefix("raw_"): RAW[n.removeprefix("raw_")] for n in names if n[:4] == "raw_"},
        hashes={f.name: "ab" * 16 for f in known if f.type is Type.IDENTIFIER},
        timestamped="own_time" in names,
        utc_offset_minutes=60.0 if "utc_offset_minutes" in names else None,
        **{f.name: sample_for(feature, f) for f in known if f.type is not Type.IDENTIFIER},
    )


def sample_for(feature, given):
    return TELLING_ONLY_THIS.get(feature.name, {}).get(given.name) or sample(given)


def value_of(feature, facts):
    catalogue = alone(feature)
    values, _ = catalogue.compute_vector(facts)
    return values[catalogue.index[feature.name]]


@COMPUTED
def test_it_has_a_value_when_its_inputs_are_known(feature):
    value = value_of(feature, facts_without(feature))
    assert type(value) is PYTHON_TYPES[feature.type]


@COMPUTED
def test_it_is_missing_when_any_needed_input_is(feature):
    always_known = {"occurred_at", *TALLY_NAMES}
    for name in set(feature.computed_from) - always_known:
        assert value_of(feature, facts_without(feature, name)) is None


@COMPUTED
def test_it_is_missing_when_all_its_optional_inputs_are(feature):
    if feature.optional:
        assert value_of(feature, facts_without(feature, *feature.optional)) is None


@given(transactions())
def test_every_value_is_of_its_type_and_within_its_bounds(facts):
    values, beaten = compute_vector(facts)
    for feature, value in zip(CATALOGUE, values, strict=True):
        for one in (value, beaten.get(feature.name)):
            if one is None:
                continue
            assert type(one) is PYTHON_TYPES[feature.type], feature.name
            if isinstance(one, float):
                assert feature.minimum <= one <= feature.maximum, feature.name
            if feature.choices:
                assert one in feature.choices


@given(transactions())
def test_the_same_facts_always_give_the_same_vector(facts):
    assert compute_vector(facts) == compute_vector(facts)


@given(transactions())
def test_supplied_values_stand_and_outputs_stay_empty(facts):
    values, _ = compute_vector(facts)
    row = dict(zip(CATALOGUE.index, values, strict=True))
    for name, value in facts.supplied.items():
        if name != "occurred_at":
            assert row[name] == value
    assert all(row[f.name] is None for f in CATALOGUE if f.output)


@given(transactions())
def test_no_raw_identifier_enters_the_vector(facts):
    identifiers = [f.name for f in CATALOGUE if f.type is Type.IDENTIFIER]
    values, _ = compute_vector(facts)
    row = dict(zip(CATALOGUE.index, values, strict=True))
    assert all(row[name] == facts.hashes.get(name) for name in identifiers)


def test_no_computation_knows_a_clock_or_chance():
    folder = Path(features.computations.__path__[0])
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not imported & {"time", "random", "secrets", "uuid", "os"}
        assert not read & {"now", "today", "utcnow", "time"}


def test_the_time_of_receipt_says_nothing_of_the_customers_clock():
    values, _ = compute_vector(make_facts(timestamped=False, utc_offset_minutes=60.0))
    row = dict(zip(CATALOGUE.index, values, strict=True))
    assert row["occurred_at"] == NOON
    assert {row[name] for name in ("hour", "weekday", "is_weekend", "login_hour")} == {None}


def test_facts_are_no_features():
    assert not {*FACT_NAMES, *TALLY_NAMES} & CATALOGUE.index.keys()
