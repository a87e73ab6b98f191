"""One field may be given under several names, but with one value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.aliases import ALIASES, REQUEST_FIELDS, Conflict, canonicalise
from features.catalogue import CATALOGUE


@pytest.mark.parametrize("name", ALIASES)
def test_a_name_stands_for_one_field_that_can_be_supplied(name):
    field = ALIASES[name]
    assert field not in ALIASES
    assert field in REQUEST_FIELDS or CATALOGUE[field].suppliable


def test_it_takes_other_names_for_the_fields_own():
    fields, conflicts = canonicalise({"is_vpn": True, "user_email": "a@b.c", "amount": 5})
    assert fields == {"ip_is_vpn": True, "email": "a@b.c", "amount": 5}
    assert conflicts == []


def test_it_leaves_fields_without_other_names_alone():
    given = {"amount": 5, "weather": "fair"}
    fields, conflicts = canonicalise(given)
    assert fields == given
    assert fields is not given
    assert conflicts == []


@pytest.mark.parametrize("order", [1, -1])
def test_two_names_with_one_value_agree(order):
    raw = dict(list({"is_vpn": True, "ip_is_vpn": True}.items())[::order])
    assert canonicalise(raw) == ({"ip_is_vpn": True}, [])


def test_two_names_with_two_values_are_a_conflict_that_names_both():
    fields, conflicts = canonicalise({"is_vpn": True, "is_vpn_detected": False})
    assert conflicts == [Conflict("ip_is_vpn", ("is_vpn", "is_vpn_detected"))]
    assert "is_vpn and is_vpn_detected" in conflicts[0].message
    assert list(fields) == ["ip_is_vpn"]


def test_true_and_one_are_not_one_value():
    assert len(canonicalise({"is_vpn": True, "ip_is_vpn": 1})[1]) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_a_null_stands_back(order):
    raw = dict(list({"is_vpn": None, "ip_is_vpn": False}.items())[::order])
    assert canonicalise(raw) == ({"ip_is_vpn": False}, [])


def test_a_second_name_of_a_feature_is_a_name_of_the_first():
    assert canonicalise({"velocity_24h": 3})[0] == {"transactions_last_day": 3}


@given(st.dictionaries(st.sampled_from([*ALIASES, *ALIASES.values(), "x"]), st.integers(0, 2)))
def test_nothing_is_lost_and_nothing_invented(raw):
    fields, conflicts = canonicalise(raw)
    assert set(fields) == {ALIASES.get(name, name) for name in raw}
    assert all(value in raw.values() for value in fields.values())
    for name, value in raw.items():
        field = ALIASES.get(name, name)
        assert fields[field] == value or field in {c.field for c in conflicts}
