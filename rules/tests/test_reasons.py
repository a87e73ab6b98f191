"""Reason templates: parsing, wording of values, compiling."""

import pytest

from features.types import Type
from rules import reasons


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (8.0, Type.NUMBER, "8"),
        (1234567.0, Type.NUMBER, "1,234,567"),
        (1234.5, Type.NUMBER, "1,234.5"),
        (0.123456, Type.NUMBER, "0.123"),
        (0.0, Type.NUMBER, "0"),
        (-3.0, Type.NUMBER, "-3"),
        (500000.0, Type.MONEY, "NGN 500,000"),
        (0.5, Type.MONEY, "NGN 0.5"),
        (True, Type.BOOLEAN, "yes"),
        (False, Type.BOOLEAN, "no"),
        ("Lagos\n\x00 City", Type.STRING, "Lagos City"),
        (("a", "b"), Type.STRINGS, "a, b"),
        (("a", "b", "c", "d", "e", "f"), Type.STRINGS, "a, b, c, d, e ..."),
        (1_777_817_100.0, Type.TIMESTAMP, "3 May 2026, 14:05 UTC"),
        (1e300, Type.TIMESTAMP, reasons.say_number(1e300)),
        (None, Type.MONEY, "unknown"),
    ],
)
def test_a_value_is_said_as_people_write_it(value: object, kind: Type, expected: str) -> None:
    assert reasons.say(value, kind, "NGN") == expected


def test_a_long_text_of_the_client_is_cut() -> None:
    assert len(reasons.say("x" * 500, Type.STRING)) == reasons.MAX_TEXT


def test_a_template_is_filled_from_features_constants_and_money() -> None:
    template = reasons.compile_template(
        "{count} payments of {amount}, limits {limit} and {cap} {{sic}}",
        features={"count": (0, Type.NUMBER), "amount": (1, Type.MONEY)},
        constants={"limit": 5.0},
        money={"cap": 0},
    )
    text = template.render([8.0, 500000.0], [7750000.0], "NGN")
    assert text == "8 payments of NGN 500,000, limits 5 and NGN 7,750,000 {sic}"


def test_a_missing_value_is_called_unknown() -> None:
    template = reasons.compile_template("{a} and {b}", {"a": (0, Type.STRING)}, {}, {"b": 0})
    assert template.render([None], [None], "USD") == "unknown and unknown"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("more than {limit", "lone {"),
        ("more than limit}", "lone }"),
        ("{}", "not a name"),
        ("{amount!r}", "not a name"),
        ("{amount.__class__}", "not a name"),
        ("{a.b.c}", "not a name"),
        ("{amount:>9999999999}", "not a name"),
        ("{0}", "not a name"),
    ],
)
def test_a_template_that_is_no_template_is_refused(text: str, message: str) -> None:
    with pytest.raises(reasons.TemplateError, match=message):
        reasons.parse_template(text)


def test_places_are_named_once_in_order() -> None:
    assert reasons.places("{b} {a} {b} {vertical.aml_threshold}") == (
        "b",
        "a",
        "vertical.aml_threshold",
    )
