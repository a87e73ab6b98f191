"""Reason templates: parsing, wording of values, compiling."""

import doctest

import pytest

from features.types import Type
from foundation import durations
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
        (0.5, Type.MONEY, "NGN 0.50"),
        (88.9, Type.MONEY, "NGN 88.90"),
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
        features={"count": (0, Type.NUMBER, "count"), "amount": (1, Type.MONEY, "")},
        constants={"limit": 5.0},
        money={"cap": 0},
    )
    text = template.render([8.0, 500000.0], [7750000.0], "NGN")
    assert text == "8 payments of NGN 500,000, limits 5 and NGN 7,750,000 {sic}"


@pytest.mark.parametrize(
    ("text", "value", "unit", "expected"),
    [
        ("{x} old", 0.0377, "days", "54 minutes old"),
        ("{x} old", 6.41, "days", "6.4 days old"),
        ("{x} old", 1.0, "days", "24 hours old"),
        ("{x} old", 5.0, "days", "5 days old"),
        ("{x} old", 1_200.0, "days", "3.3 years old"),
        ("{x} later", 2_197.43, "minutes", "37 hours later"),
        ("{x} later", 0.0718, "seconds", "less than a second later"),
        ("{x} later", 1.0, "seconds", "1 second later"),
        ("{x} later", 89.7, "seconds", "1.5 minutes later"),
        ("{x} later", 0.0, "hours", "0 seconds later"),
        ("{x} later", None, "hours", "unknown later"),
        ("{x} days old", 0.5, "days", "12 hours old"),  # the unit is ours to say
        ("{x} day old", 0.5, "days", "12 hours old"),
        ("{x} daystars", 0.5, "days", "12 hours daystars"),
        ("{x} hours", 0.5, "days", "12 hours hours"),
        ("{x} km", 1_234.5, "kilometres", "1,234.5 km"),
        ("{x|chargeback|chargebacks}", 1.0, "count", "1 chargeback"),
        ("{x|chargeback|chargebacks}", 2.0, "count", "2 chargebacks"),
        ("{x|chargeback|chargebacks}", 0.0, "", "0 chargebacks"),
        ("{x|chargeback|chargebacks}", None, "count", "unknown chargebacks"),
        ("{x|account uses|accounts use} it", 1.0, "count", "1 account uses it"),
    ],
)
def test_lengths_of_time_and_counts_are_said_as_people_say_them(text, value, unit, expected):
    template = reasons.compile_template(text, {"x": (0, Type.NUMBER, unit)}, {}, {})
    assert template.render([value], [], "NGN") == expected


@pytest.mark.parametrize(
    ("text", "value", "unit", "expected"),
    [
        ("within {x}", 2_880.0, "minutes", "within 2 days"),
        ("under {x} hours", 24.0, "hours", "under 24 hours"),
        ("from {x} on", 100.0, "seconds", "from 100 seconds on"),  # exact, never "2 minutes"
        ("up to {x|card|cards}", 1.0, "cards", "up to 1 card"),
        ("up to {x|card|cards}", 3.0, "cards", "up to 3 cards"),
        ("up to {x}", True, "hours", "up to yes"),
    ],
)
def test_a_parameter_of_time_is_said_exactly(text, value, unit, expected):
    template = reasons.compile_template(text, {}, {"x": value}, {}, {"x": unit})
    assert template.render([], [], "NGN") == expected


def test_durations_are_as_their_examples_say():
    assert doctest.testmod(durations).failed == 0


def test_a_missing_value_is_called_unknown() -> None:
    template = reasons.compile_template("{a} and {b}", {"a": (0, Type.STRING, "")}, {}, {"b": 0})
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
        ("{amount|time}", "needs two words"),
        ("{amount|time|times|more}", "needs two words"),
        ("{amount||times}", "needs two words"),
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
