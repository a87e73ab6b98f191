"""Every field, wrong in every way, at the decoder: a sentence for each, and never anything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.supplied import SUPPLIED
from features.types import Type
from foundation.errors import BadRequest
from intake.body import parse_object
from intake.fields import FIELDS
from intake.formats import native
from intake.formats.native import NATIVE, decode_fields
from intake.tests.cast import PLAIN

TOO_LONG = "x" * 3000
NEVER_RIGHT = {
    "an object": "{}",
    "a list of lists": "[[]]",
    "NaN": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "an endless number": "1e999",
    "a number of 5,000 digits": "9" * 5000,
    "NUL": '"a\\u0000b"',
    "half a surrogate pair": '"\\ud800"',
    "a long text": f'"{TOO_LONG}"',
}
WRONG_FOR = {
    Type.NUMBER: ['"5"', "true", "[1]", '"NaN"'],
    Type.MONEY: ['"5"', "true", "[1]", "-1", "1e300"],
    Type.BOOLEAN: ["1", "0", '"true"', "[true]"],
    Type.STRING: ["true", '["a"]', "1.5"],
    Type.IDENTIFIER: ["true", '["a"]', "1.5"],
    Type.STRINGS: ['"a"', "5", "[1]", '["a\\u0000"]', json.dumps(["a"] * 101)],
    Type.TIMESTAMP: ['"yesterday"', '"2026-02-30T10:00:00Z"', "true", "1e12", '"20260301"'],
}
OWN = {
    "user_id": ['""', '"  "', "-1", "1.0", "true", '"a\\nb"', f'"{"u" * 129}"', str(2**64)],
    "transaction_id": ['""', '"\\t"', "-5", "true", '"a\\u0007"', f'"{"t" * 129}"'],
    "amount": ["-0.01", "1e13", '"100"', "false", "[]"],
    "currency": ['"XXZ"', '"NG"', '"NGNX"', "566", '"€"'],
    "industry": ['"fishing"', '""', "7", "[]"],
    "transaction_type": ['""', '"two words"', '"1st"', '"drop;table"', "5"],
    "use_ml": ['"yes"', "1", "[]"],
    "ip_address": ['"256.1.1.1"', '"1.2.3.4:80"', '"localhost"', "16909060"],
    "card_token": ['"4111111111111111"', '"4111 1111 1111 1111"'],
    "card_bin": ['"41111"', '"411111111"', '"4111ab"', "411111"],
    "card_last_four": ['"123"', '"12345"', '"abcd"', "1234"],
    "merchant_category_code": ['"58123"', '"abcd"', "58123", "-1"],
    "card_expiry": ['"13/2027"', '"soon"'],
}


def body(name: str, value: str) -> bytes:
    fields = {field: json.dumps(content) for field, content in PLAIN.items()} | {name: value}
    return ("{" + ",".join(f'"{n}": {v}' for n, v in fields.items()) + "}").encode()


def refusal(raw: bytes) -> dict[str, str]:
    with pytest.raises(BadRequest) as caught:
        NATIVE.decode(raw)
    return {error.field: error.message for error in caught.value.errors}


def wrong_values(name: str) -> list[str]:
    feature = SUPPLIED.get(name)
    typed = list(WRONG_FOR[feature.type]) if feature and name not in OWN else []
    if feature and feature.name.endswith("_id"):
        typed = ["true", '["a"]', "1.5", '"a\\nb"']
    if feature and feature.reading == "four_digits":
        typed = []
    if feature and feature.maximum is not None and feature.type is not Type.TIMESTAMP:
        typed.append(json.dumps(feature.maximum * 2 + 1))
    if feature and feature.minimum is not None and feature.type is not Type.TIMESTAMP:
        typed.append(json.dumps(feature.minimum - 1))
    return [*NEVER_RIGHT.values(), *typed, *OWN.get(name, [])]


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_wrong_value_is_refused_by_its_fields_name(name):
    for value in wrong_values(name):
        errors = refusal(body(name, value))
        assert list(errors) == [name], (value[:60], errors)
        assert 10 < len(errors[name]) < 250


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_refusal_never_repeats_the_value(name):
    for value in ('"secret-value-4711"', "4711.4711", '["secret-value-4711"]'):
        try:
            NATIVE.decode(body(name, value))
        except BadRequest as problem:
            assert "4711" not in str(problem.errors) + problem.detail  # noqa: PT017


def test_all_wrong_fields_are_named_at_once_in_their_order():
    raw = b'{"amount": "1", "is_vpn": 1, "email": 5, "cvv": "123", "z": NaN}'
    assert list(refusal(raw)) == ["amount", "is_vpn", "email", "user_id", "cvv", "z"]


@pytest.mark.parametrize("name", ["user_id", "amount"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_customer_and_amount_are_required(name, how):
    fields = dict(PLAIN)
    del fields[name]
    if how == "null":
        fields[name] = None
    assert refusal(json.dumps(fields).encode()) == {name: "is required"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 0),
        ("amount", 1e12),
        ("amount", 0.00000001),
        ("user_id", "ü" * 128),
        ("user_id", "客户-1"),
        ("user_id", 0),
        ("transaction_id", "a/b c?d#e%f"),
        ("transaction_id", "🦆"),
        ("currency", "ngn"),
        ("industry", "Fintech"),
        ("transaction_type", "CASH_OUT"),
        ("ip_address", "2001:db8::1"),
        ("email", "not an address, which says something about its owner"),
        ("merchant_category_code", 742),
        ("card_token", "tok_4111111111111112"),
        ("occurred_at", "2024-02-29"),
        ("registered_address", "12 Allen Avenue\nIkeja"),
    ],
)
def test_unusual_but_right_values_are_taken(name, value):
    NATIVE.decode(json.dumps({**PLAIN, name: value}).encode())


def test_minus_nothing_is_nothing():
    request = NATIVE.decode(b'{"user_id": "a", "amount": -0.0}').request
    assert str(request.amount) == "0.0"


def test_of_a_name_given_twice_the_last_value_counts():
    assert NATIVE.decode(b'{"user_id": "a", "amount": 1, "amount": 2}').request.amount == 2.0


def test_features_that_only_we_compute_are_kept_as_unknown_fields():
    computed = next(f.name for f in CATALOGUE if f.source == "computed" and not f.same_as)
    request = NATIVE.decode(json.dumps({**PLAIN, computed: 5}).encode()).request
    assert (request.extras, request.supplied) == ({computed: 5}, {})


# --- Unknown fields -------------------------------------------------------------------------
def nested(depth: int) -> dict:
    return {"a": nested(depth - 1)} if depth else {"a": 1}


@pytest.mark.parametrize(
    ("extras", "named", "words"),
    [
        ({f"x{i}": i for i in range(101)}, "x100", "100 are kept"),
        ({"small": 1, "big": "x" * 17_000}, "big", "16,384"),
        (nested(8), "a.a.a.a.a.a.a.a.a", "deeper than 8"),
        ({"x" * 129: 1}, "x" * 128, "128 characters"),
        ({"a\0b": 1}, "a\0b", "NUL"),
        ({"a": ["ok", "\0"]}, "a.1", "NUL"),
        ({"a": {"b": "\ud800"}}, "a.b", "surrogate"),
        ({"\ud800": 1}, "?", "surrogate"),
        ({"a": 2**64}, "a", "64 bits"),
        ({"a": {"b": -(2**63) - 1}}, "a.b", "64 bits"),
    ],
)
def test_unknown_fields_have_bounds(extras, named, words):
    errors = refusal(json.dumps({**PLAIN, **extras}).encode())
    assert list(errors) == [named]
    assert words in errors[named]


def test_unknown_fields_up_to_the_bounds_are_kept():
    extras = {f"x{i}": i for i in range(98)} | {"big": "x" * 14_000} | nested(6)
    request = NATIVE.decode(json.dumps({**PLAIN, **extras}).encode()).request
    assert request.extras == extras


@pytest.mark.parametrize(
    "name", ["card_number", "cardNumber", "PAN", "cvv", "CVC2", "card-cvv", "pin", "track_2_data"]
)
@pytest.mark.parametrize("place", ["top", "nested"])
def test_card_numbers_and_codes_are_refused_with_advice(name, place):
    field = {name: "123"} if place == "top" else {"card": {name: "123"}}
    errors = refusal(json.dumps({**PLAIN, **field}).encode())
    assert "card_token" in next(iter(errors.values()))


# --- Both paths, all inputs -----------------------------------------------------------------
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
names = st.sampled_from(sorted(FIELDS)) | st.text(max_size=12)


@given(st.dictionaries(names, anything, max_size=8))
def test_any_object_is_decoded_or_refused_and_never_fails_otherwise(fields):
    try:
        NATIVE.decode(json.dumps({**PLAIN, **fields}).encode())
    except BadRequest as problem:
        assert problem.errors  # noqa: PT017


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_bad_request(raw):
    with pytest.raises(BadRequest):
        NATIVE.decode(raw)


good = {
    Type.NUMBER: st.floats(0, 1),
    Type.MONEY: st.floats(0, 1e6),
    Type.BOOLEAN: st.booleans(),
    Type.STRING: st.text(max_size=4),
    Type.IDENTIFIER: st.text(max_size=20),
    Type.STRINGS: st.lists(st.text(max_size=20), max_size=3),
    Type.TIMESTAMP: st.integers(0, 1_700_000_000),
}


@given(
    st.sets(st.sampled_from(sorted(SUPPLIED)), max_size=10).flatmap(
        lambda chosen: st.fixed_dictionaries({n: good[SUPPLIED[n].type] for n in chosen})
    )
)
def test_the_careful_path_gives_what_the_fast_one_gives(fields):
    parsed = parse_object(json.dumps({**PLAIN, **fields}).encode())
    outcomes = []
    for sound in (True, False):
        try:
            outcomes.append(decode_fields(parsed._replace(sound=sound)).request)
        except BadRequest as problem:
            outcomes.append(problem.errors)
    assert outcomes[0] == outcomes[1]


def test_a_right_request_takes_the_fast_path(monkeypatch):
    monkeypatch.setattr(native, "_careful", None)
    NATIVE.decode(json.dumps({**PLAIN, "is_vpn": True, "extra": [1]}).encode())
