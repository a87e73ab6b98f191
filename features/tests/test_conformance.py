"""One battery for every feature: what any of them must keep to, whoever declares it."""

import ast
import re
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given

import features.computations
from features import docs
from features.catalogue import CATALOGUE, compute_vector
from features.framework import FACT_NAMES, TALLY_NAMES, Catalogue
from features.tests.worlds import NOON, RAW, make_facts, sample, transactions
from features.types import Type
from features.windows.plan import make_plan

COMPUTED = pytest.mark.parametrize(
    "feature", [f for f in CATALOGUE if f.compute], ids=lambda f: f.name
)
WINDOWED = pytest.mark.parametrize(
    "feature", [f for f in CATALOGUE if f.windowed], ids=lambda f: f.name
)
OURS = pytest.mark.parametrize(
    "feature", [f for f in CATALOGUE if f.windowed or f.gathered_from], ids=lambda f: f.name
)
PLAN = make_plan(CATALOGUE)
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


@OURS
def test_what_we_find_is_missing_until_we_find_it(feature):
    values, _ = compute_vector(make_facts())
    assert values[CATALOGUE.index[feature.name]] is None


@OURS
def test_what_we_find_stands_where_nothing_is_supplied(feature):
    found = sample(feature)
    values, beaten = compute_vector(make_facts(gathered={feature.name: found}))
    value = values[CATALOGUE.index[feature.name]]
    assert (value, type(value)) == (found, PYTHON_TYPES[feature.type])
    assert feature.name not in beaten


@OURS
def test_what_we_find_is_kept_beside_what_is_supplied(feature):
    if feature.suppliable:
        both = {feature.name: sample(feature)}
        _, beaten = compute_vector(make_facts(gathered=both, **both))
        assert beaten[feature.name] == sample(feature)


@OURS
def test_what_we_find_out_of_bounds_is_missing(feature):
    if PYTHON_TYPES[feature.type] is float:
        for wild in (feature.maximum * 2 + 1, float("nan"), float("inf")):
            values, _ = compute_vector(make_facts(gathered={feature.name: wild}))
            assert values[CATALOGUE.index[feature.name]] is None


@WINDOWED
def test_the_plan_answers_it_exactly_once(feature):
    entity = PLAN.entities[feature.windowed.entity]
    assert [names for names in entity.answers if feature.name in names] == [(feature.name,)]
    elsewhere = [other for other in PLAN.entities.values() if other is not entity]
    assert not any(feature.name in names for other in elsewhere for names in other.answers)


def test_the_plan_asks_for_nothing_else():
    named = [n for entity in PLAN.entities.values() for names in entity.answers for n in names]
    assert sorted(named) == sorted(f.name for f in CATALOGUE if f.windowed)


@WINDOWED
def test_its_type_fits_what_is_counted(feature):
    match feature.windowed.aggregate:
        case "sum":
            assert feature.type is Type.MONEY
            assert feature.name in PLAN.sums
        case "repeated":
            assert feature.type is Type.BOOLEAN
        case aggregate:
            assert feature.type is Type.NUMBER
            assert feature.unit == ("seconds" if aggregate == "since" else "count")


@WINDOWED
def test_its_description_tells_the_window(feature):
    words = {
        "10m": "10 minutes", "1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days",
    }  # fmt: skip
    assert words[feature.windowed.window] in feature.doc


@WINDOWED
def test_the_page_tells_entity_and_window(feature):
    row = next(line for line in docs.page().splitlines() if line.startswith(f"| `{feature.name}`"))
    whose = feature.windowed.entity.replace("_", " with ")
    assert f"counted: {whose}, {feature.windowed.window}" in row


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


class NoClock(datetime):
    """Knows of any moment but the present one."""

    @classmethod
    def now(cls, tz=None):
        raise AssertionError("a computation looked at the clock")

    utcnow = today = now


@pytest.fixture
def no_clock(monkeypatch):
    def look(*_):
        raise AssertionError("a computation looked at the clock")

    for name in ("time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"):
        monkeypatch.setattr(time, name, look)
    for name, module in list(sys.modules.items()):
        if name.startswith("features.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", NoClock)
    yield
    monkeypatch.undo()  # before pytest looks at the clock itself


@COMPUTED
def test_it_needs_no_clock_but_the_events(feature, no_clock):
    assert value_of(feature, facts_without(feature)) is not None


def test_the_time_of_receipt_says_nothing_of_the_customers_clock():
    values, _ = compute_vector(make_facts(timestamped=False, utc_offset_minutes=60.0))
    row = dict(zip(CATALOGUE.index, values, strict=True))
    assert row["occurred_at"] == NOON
    assert {row[name] for name in ("hour", "weekday", "is_weekend", "login_hour")} == {None}


def test_facts_are_no_features():
    assert not {*FACT_NAMES, *TALLY_NAMES} & CATALOGUE.index.keys()
