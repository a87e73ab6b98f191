"""What a client supplies is refused when it cannot be, and read when it can."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.supplied import (
    SUPPLIED,
    Moment,
    Problem,
    expected,
    field_annotation,
    parse_moment,
    read,
)
from features.types import Type

Request = msgspec.defstruct(
    "Request", [(n, field_annotation(f) | None, None) for n, f in SUPPLIED.items()]
)


def decode(**fields):
    struct = msgspec.convert(fields, Request)
    return {name: getattr(struct, name) for name in fields}


WRONG = {
    Type.NUMBER: ["5", True, [], {}],
    Type.MONEY: ["5", True, [], {}, -1, 1e13],
    Type.BOOLEAN: [1, 0, "true", []],
    Type.STRING: [True, [], {}, 1.5],
    Type.IDENTIFIER: [5, True, [], {}],
    Type.STRINGS: ["food", [5], {}, [None]],
    Type.TIMESTAMP: [True, [], "yesterday", "2023-02-29", 1.7e12, "1899-01-01", "10:00"],
}


def accepted(name, value):
    """Whether the decoder takes it; a refusal that does not name the field counts as neither."""
    try:
        decode(**{name: value})
    except msgspec.ValidationError as error:
        return None if f"$.{name}" not in str(error) else False
    return True


def test_a_value_of_another_type_is_refused_by_name():
    tried = [(f.name, value) for f in SUPPLIED.values() for value in WRONG[f.type]]
    assert [pair for pair in tried if accepted(*pair) is not False] == []


def test_a_number_past_its_bounds_is_refused_and_one_at_them_accepted():
    numbers = [f for f in SUPPLIED.values() if f.minimum is not None]
    edges = [(f.name, edge) for f in numbers for edge in (f.minimum, f.maximum)]
    past = [(f.name, v) for f in numbers for v in (f.minimum - 1, f.maximum + 1)]
    assert [pair for pair in edges if not accepted(*pair)] == []
    assert [pair for pair in past if accepted(*pair) is not False] == []


def test_a_text_that_is_too_long_is_refused():
    texts = [f for f in SUPPLIED.values() if f.type in (Type.STRING, Type.IDENTIFIER)]
    assert [f.name for f in texts if accepted(f.name, "x" * (f.max_length + 1)) is not False] == []


def test_a_list_that_is_too_long_or_holds_too_long_a_text_is_refused():
    assert accepted("usual_merchant_categories", ["x" * 100] * 100)
    assert not accepted("usual_merchant_categories", ["x"] * 101)
    assert not accepted("usual_merchant_categories", ["x" * 101])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("amount", "a number from 0 to 1000000000000"),
        ("ip_is_vpn", "true or false"),
        ("transaction_direction", "one of in, out"),
        ("login_at", "a date or time in ISO 8601, or epoch seconds, between 1900 and 2099"),
        ("email", "a text of up to 320 characters"),
        ("card_expiry", "a text of up to 10 characters, formed as 09/28 or 2028-09"),
        ("usual_merchant_categories", "a list of up to 100 texts of up to 100 characters"),
    ],
)
def test_it_says_what_it_expects(name, words):
    assert expected(SUPPLIED[name]) == words


def test_the_schema_can_be_published():
    schema = msgspec.json.schema(Request)
    described = schema["$defs"]["Request"]["properties"]["email_verified"]
    assert "known to be the customer's" in str(described)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("country", " Nigeria ", "NG"),
        ("home_country", "nga", "NG"),
        ("ip_country", "ng", "NG"),
        ("merchant_country", "Atlantis", "ATLANTIS"),
        ("currency", "ngn", "NGN"),
        ("transaction_type", "WITHDRAWAL", "withdrawal"),
        ("merchant_category_code", 742, "0742"),
        ("merchant_category_code", "7995", "7995"),
        ("card_expiry", "09/28", "09/28"),
        ("usual_merchant_categories", ["Food", " 5411 ", ""], ("food", "5411")),
        ("ip_city", " Lagos ", "Lagos"),
        ("account_created_at", "2026-05-03", 1_777_766_400.0),
        ("account_created_at", 5, 5.0),
        ("amount", 5, 5.0),
        ("ip_is_vpn", False, False),
    ],
)
def test_it_reads_values_in_one_form(name, given, value):
    readings = read(decode(**{name: given}))
    assert readings.values == {name: value}
    assert type(readings.values[name]) is type(value)


def test_identifiers_are_kept_apart_and_brought_into_normal_form():
    readings = read({"email": " Ada@Example.COM", "amount": 5.0})
    assert readings.identifiers == {"email": "ada@example.com"}
    assert readings.values == {"amount": 5.0}


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_nulls_and_empty_texts_are_missing(nothing):
    assert read({"ip_city": nothing, "email": nothing}) == ({}, {}, [])


def test_names_that_may_not_be_supplied_are_passed_over():
    fields = {"ensemble_score": 5.0, "hour": 3.0, "weather": "fair", "velocity_24h": 4.0}
    assert read(fields) == ({}, {}, [])


@pytest.mark.parametrize("name", ["ip_city", "email", "registered_address"])
def test_the_character_nul_is_refused_by_name(name):
    assert read({name: "a\0b"}).problems == [
        Problem(name, "holds the character NUL, which cannot be stored")
    ]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("1970-01-02", Moment(86400.0, None)),
        ("1970-01-01T01:00:00Z", Moment(3600.0, 0.0)),
        ("1970-01-01T01:00", Moment(3600.0, 0.0)),
        ("1970-01-01 01:00:00+01:00", Moment(0.0, 60.0)),
        ("1970-01-01T00:00:00.5-0530", Moment(19800.5, -330.0)),
        ("1970-01-01T00:00:00.123456789Z", Moment(0.123456, 0.0)),
        (5, Moment(5.0, None)),
    ],
)
def test_it_reads_moments(given, moment):
    assert parse_moment(given) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "2026-13-01",
        "2026-02-30",
        "2026-05-03T25:00",
        "2026-05-03\n",
        "\u0662026-05-03",
    ],
)
def test_it_refuses_what_is_no_moment(text):
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_moment(text)


# The strategy wants its bounds without a time zone.
FIRST, LAST = datetime(1901, 1, 1), datetime(2099, 12, 30)  # noqa: DTZ001
OFFSETS = st.integers(-1079, 1079).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC) | OFFSETS))
def test_it_reads_every_moment_that_python_writes(moment):
    assert parse_moment(moment.isoformat()) == Moment(
        moment.timestamp(), moment.utcoffset().total_seconds() / 60
    )
