"""Declarations that contradict themselves, and the order of precedence in a vector."""

import math

import pytest

from features.errors import DefinitionError
from features.framework import Catalogue, Facts, Feature
from features.tests.worlds import NOON, make_facts
from features.types import Type


def make_feature(name="ratio", **overrides):
    declared = {
        "name": name,
        "category": "transaction",
        "type": Type.NUMBER,
        "doc": "A number.",
        **overrides,
    }
    return Feature(**declared)


TIME = make_feature("occurred_at", type=Type.TIMESTAMP)
PART = make_feature("part")
WHOLE = make_feature("whole")


def divide(part, whole):
    return part / whole


RATIO = make_feature(source="either", compute=divide, computed_from=("part", "whole"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([PART, PART], "part: declared twice"),
        ([make_feature(minimum=2, maximum=1)], "bounds are reversed: minimum 2 is above maximum 1"),
        ([make_feature(category="weather")], "unknown category 'weather'"),
        ([make_feature(also_in=("weather",))], "unknown category 'weather'"),
        ([make_feature("Ratio")], "a name is lower-case words"),
        ([make_feature(doc=" ")], "has no description"),
        ([make_feature(purpose="email")], "only an identifier"),
        ([make_feature(type=Type.IDENTIFIER)], "names the purpose of its hash"),
        ([make_feature(source="computed")], "has no computation"),
        ([make_feature(computed_from=("part",))], "names inputs but no computation"),
        ([make_feature(compute=divide)], "although its source is 'supplied'"),
        ([make_feature(pattern="^x$")], "a pattern comes with an example"),
        ([RATIO], "computed from part, which is neither a feature nor a fact"),
        (
            [PART, make_feature(source="either", compute=divide, computed_from=("part",))],
            "its computation takes 2 values, but 1 inputs are named",
        ),
        ([make_feature("part", output=True), WHOLE, RATIO], "written after the decision"),
        ([make_feature(same_as="part")], "another name of part, which is no feature"),
    ],
)
def test_it_refuses_a_catalogue_that_contradicts_itself(wrong, message):
    with pytest.raises(DefinitionError, match=message):
        Catalogue([TIME, *wrong])


def test_it_refuses_features_that_are_computed_from_each_other_in_a_circle():
    def one(name, of):
        return make_feature(name, source="either", compute=abs, computed_from=(of,))

    with pytest.raises(DefinitionError, match=r"in a circle: \w <- \w <- \w"):
        Catalogue([TIME, one("a", "b"), one("b", "a")])


def test_it_refuses_a_catalogue_without_the_time():
    with pytest.raises(DefinitionError, match="time of the transaction"):
        Catalogue([PART])


CATALOGUE = Catalogue([TIME, RATIO, PART, WHOLE])


def ratio_of(**facts):
    values, beaten = CATALOGUE.compute_vector(make_facts(**facts))
    return values[1], beaten


def test_it_computes_what_is_not_supplied_whatever_the_order_of_declaration():
    assert ratio_of(part=1.0, whole=4.0) == (0.25, {})


def test_a_supplied_value_wins_and_the_computed_one_is_handed_back():
    assert ratio_of(part=1.0, whole=4.0, ratio=0.5) == (0.5, {"ratio": 0.25})


def test_a_gathered_value_wins_over_a_computed_one_silently():
    assert ratio_of(part=1.0, whole=4.0, gathered={"ratio": 0.75}) == (0.75, {})


def test_a_supplied_value_wins_over_a_gathered_one_which_is_handed_back():
    result = ratio_of(part=1.0, whole=4.0, ratio=0.5, gathered={"ratio": 0.75})
    assert result == (0.5, {"ratio": 0.75})


def test_a_gathered_value_takes_part_in_computations():
    assert ratio_of(part=1.0, gathered={"whole": 4.0}) == (0.25, {})


@pytest.mark.parametrize(
    ("part", "whole"), [(1.0, 0.0), (1e308, 1e-308), (0.0, 0.0), (math.nan, 1.0), (math.inf, 1.0)]
)
def test_what_is_not_finite_is_missing(part, whole):
    assert ratio_of(part=part, whole=whole) == (None, {})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_a_supplied_number_that_is_not_finite_is_missing(value):
    values, _ = CATALOGUE.compute_vector(make_facts(part=value))
    assert values[2] is None


def test_a_value_out_of_bounds_is_missing_wherever_it_comes_from():
    bounded = Catalogue([
        TIME, PART, WHOLE,
        make_feature(maximum=1, source="either", compute=divide, computed_from=("part", "whole")),
    ])  # fmt: skip
    assert bounded.compute_vector(make_facts(part=2.0, whole=1.0))[0][3] is None
    assert bounded.compute_vector(make_facts(ratio=2.0))[0][3] is None
    assert bounded.compute_vector(make_facts(gathered={"ratio": 2.0}))[0][3] is None


def test_whole_numbers_become_floats():
    assert type(CATALOGUE.compute_vector(make_facts(part=1))[0][2]) is float


def test_optional_inputs_are_given_as_none():
    def first_known(*values):
        return next((v for v in values if v is not None), None)

    either = make_feature("e", source="computed", compute=first_known, optional=("part", "whole"))
    catalogue = Catalogue([TIME, PART, WHOLE, either])
    assert catalogue.compute_vector(make_facts(whole=3.0))[0][3] == 3.0
    assert catalogue.compute_vector(make_facts())[0][3] is None


def test_a_required_input_must_be_known_though_others_are_optional():
    def count(*values):
        return float(len(values))

    mixed = make_feature(
        "m", source="computed", compute=count, computed_from=("part",), optional=("whole",)
    )
    catalogue = Catalogue([TIME, PART, WHOLE, mixed])
    assert catalogue.compute_vector(make_facts(part=1.0))[0][3] == 2.0
    assert catalogue.compute_vector(make_facts(whole=1.0))[0][3] is None


def test_the_tally_counts_what_is_known_but_not_itself():
    known = make_feature("k", source="computed", compute=float, computed_from=("known_features",))
    possible = make_feature(
        "p", source="computed", compute=float, computed_from=("possible_features",)
    )
    catalogue = Catalogue([TIME, known, possible, PART, make_feature("o", output=True), WHOLE])
    values, _ = catalogue.compute_vector(make_facts(part=1.0))
    assert values == [NOON, 2.0, 3.0, 1.0, None, None]


def test_it_passes_over_names_that_are_no_features_and_over_raw_identifiers():
    email = make_feature("email", type=Type.IDENTIFIER, purpose="email")
    catalogue = Catalogue([TIME, email])
    facts = make_facts(email="ada@example.com", weather="fair", gathered={"email": "ada@x.org"})
    assert catalogue.compute_vector(facts) == ([NOON, None], {})


def test_facts_do_not_show_what_they_hold():
    assert "ada" not in repr(Facts(occurred_at=0.0, supplied={}, raw={"email": "ada@example.com"}))


def test_it_suggests_the_name_that_was_meant():
    assert CATALOGUE.suggest("ocurred_at") == "occurred_at"
    assert CATALOGUE.suggest("weather") is None


def test_it_finds_features_by_name_and_category():
    assert CATALOGUE["part"] is PART
    assert CATALOGUE.get("weather") is None
    assert CATALOGUE.by_category()["transaction"] == (TIME, RATIO, PART, WHOLE)
    assert len(CATALOGUE) == 4
