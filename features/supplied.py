"""What a client may supply: each field's type and bounds, and its value for the vector.

The doors build their structs from :func:`field_annotation`, so that the decoder refuses what is out
of bounds and the published schema says the same; :func:`read` then turns decoded fields into the
values of a vector.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from features.catalogue import CATALOGUE
from features.countries import country_code
from features.framework import Feature, Reading, Value
from features.identifiers import normal_form
from features.types import Type

MOST_TEXTS = 100
LONGEST_MOMENT = 40

# A day that exists between 1900 and 2099, alone or with a time of day and an offset (ISO 8601).
# It is this strict so that the schema promises nothing that is refused afterwards.
_LEAP_DAY = r"(19|20)(0[48]|[2468][048]|[13579][26])-02-29|2000-02-29"
_DATE = (
    r"(19|20)[0-9]{2}-("
    r"(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    r"|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-7]):?[0-5][0-9])"
MOMENT_PATTERN = rf"^({_DATE}|{_LEAP_DAY})([T ]{_TIME}{_OFFSET}?)?$"

SUPPLIED: Mapping[str, Feature] = {f.name: f for f in CATALOGUE if f.suppliable}


class Moment(NamedTuple):
    """A point in time, and how far the clock that showed it was ahead of UTC, if known."""

    epoch: float
    utc_offset_minutes: float | None


class Problem(NamedTuple):
    """A field whose value cannot be used, and why."""

    field: str
    message: str


class Readings(NamedTuple):
    """Supplied fields, ready for :class:`features.framework.Facts`.

    ``identifiers`` are raw, in normal form: personal data, to be hashed by the caller.
    """

    values: dict[str, Value]
    identifiers: dict[str, str]
    problems: list[Problem]


def field_annotation(feature: Feature) -> Any:
    """The type to decode a supplied feature with, bounds included, for msgspec."""
    return _ANNOTATIONS[feature.type](feature)


def expected(feature: Feature) -> str:
    """What a client should have given, in words, for the answer to one that did not.

    >>> expected(SUPPLIED["ip_reputation_score"])
    'a number from 0 to 100'
    """
    if feature.choices:
        return "one of " + ", ".join(feature.choices)
    match feature.type:
        case Type.NUMBER | Type.MONEY:
            return f"a number from {feature.minimum:.15g} to {feature.maximum:.15g}"
        case Type.BOOLEAN:
            return "true or false"
        case Type.TIMESTAMP:
            return "a date or time in ISO 8601, or epoch seconds, between 1900 and 2099"
        case Type.STRINGS:
            return f"a list of up to {MOST_TEXTS} texts of up to {feature.max_length} characters"
        case Type.STRING | Type.IDENTIFIER:
            form = f", formed as {feature.example}" if feature.example else ""
            return f"a text of up to {feature.max_length} characters{form}"


def parse_moment(value: float | str) -> Moment:
    """Reads epoch seconds or ISO 8601. Raises ValueError with a sentence for anything else.

    A time without offset counts as UTC and as the customer's own clock, just as it is written;
    epoch seconds and a day without time say nothing about the customer's clock.
    """
    if not isinstance(value, str):
        return Moment(float(value), None)
    if re.fullmatch(MOMENT_PATTERN[1:-1], value) is None:
        raise ValueError("is no date or time in ISO 8601 between 1900 and 2099")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    offset = moment.utcoffset()
    if offset is None or len(value) == len("2000-01-01"):
        return Moment(moment.timestamp(), None)
    return Moment(moment.timestamp(), offset.total_seconds() / 60)


def read(fields: Mapping[str, Any]) -> Readings:
    """Turn decoded fields (canonical names, types as annotated) into values.

    Nulls, empty texts and names that may not be supplied are passed over.
    """
    values: dict[str, Value] = {}
    identifiers: dict[str, str] = {}
    problems: list[Problem] = []
    readers = _readers()
    for name, raw in fields.items():
        if raw is None:
            continue
        reader = readers.get(name)
        if reader is None:
            continue
        try:
            value = reader(raw)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
            continue
        if value is None:
            continue
        if name in _IDENTIFIERS:
            identifiers[name] = value  # type: ignore[assignment]
        else:
            values[name] = value
    return Readings(values, identifiers, problems)


def _number(feature: Feature) -> Any:
    return Annotated[
        float, Meta(ge=feature.minimum, le=feature.maximum, description=_described(feature))
    ]


def _boolean(feature: Feature) -> Any:
    return Annotated[bool, Meta(description=_described(feature))]


def _string(feature: Feature) -> Any:
    if feature.choices:
        return Annotated[Literal[feature.choices], Meta(description=_described(feature))]
    text = Annotated[
        str,
        Meta(
            max_length=feature.max_length,
            pattern=feature.pattern or None,
            description=_described(feature),
        ),
    ]
    if feature.reading == "four_digits":
        return text | Annotated[int, Meta(ge=0, le=9999)]
    return text


def _strings(feature: Feature) -> Any:
    return Annotated[
        list[Annotated[str, Meta(max_length=feature.max_length)]],
        Meta(max_length=MOST_TEXTS, description=_described(feature)),
    ]


def _moment(feature: Feature) -> Any:
    text = Annotated[str, Meta(pattern=MOMENT_PATTERN, max_length=LONGEST_MOMENT)]
    epoch = Annotated[
        float, Meta(ge=feature.minimum, le=feature.maximum, description=_described(feature))
    ]
    return text | epoch


_ANNOTATIONS: Mapping[Type, Callable[[Feature], Any]] = {
    Type.NUMBER: _number,
    Type.MONEY: _number,
    Type.BOOLEAN: _boolean,
    Type.STRING: _string,
    Type.IDENTIFIER: _string,
    Type.STRINGS: _strings,
    Type.TIMESTAMP: _moment,
}


def _described(feature: Feature) -> str:
    return f"{feature.doc} ({feature.unit})" if feature.unit else feature.doc


def _four_digits(text: str) -> str:
    return text.zfill(4)


_FOLDS: Mapping[Reading, Callable[[str], str]] = {
    "as_is": str,
    "lower": str.lower,
    "upper": str.upper,
    "country": country_code,
    "four_digits": _four_digits,
}


def _plain(value: Value) -> Value:
    return value


def _read_number(value: float) -> Value:
    return float(value)


def _read_moment(value: float | str) -> Value:
    return parse_moment(value).epoch


def _clean(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds the character NUL, which cannot be stored")
    return text.strip()


def _reader(feature: Feature) -> Callable[[Any], Value | None]:
    fold = _FOLDS[feature.reading]
    match feature.type:
        case Type.BOOLEAN:
            return _plain
        case Type.NUMBER | Type.MONEY:
            return _read_number
        case Type.TIMESTAMP:
            return _read_moment
        case Type.IDENTIFIER:
            return lambda text: normal_form(feature.name, _clean(text))
        case Type.STRINGS:
            return lambda texts: tuple(filter(None, [fold(_clean(text)) for text in texts]))
        case Type.STRING:
            return lambda text: fold(_clean(str(text))) or None


_IDENTIFIERS = frozenset(f.name for f in SUPPLIED.values() if f.type is Type.IDENTIFIER)


@cache
def _readers() -> Mapping[str, Callable[[Any], Value | None]]:
    return {name: _reader(feature) for name, feature in SUPPLIED.items()}
