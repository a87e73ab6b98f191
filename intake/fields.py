"""The fields that a door knows: types and bounds for the decoder, sentences for the client.

Features come from the catalogue; the few fields that are no features stand here. From one table
come the decoder's type, the published schema and the wording of errors.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Required, TypedDict

from msgspec import Meta

from features.computations.addresses import parse_address
from features.framework import Feature
from features.supplied import MOST_TEXTS, SUPPLIED, field_annotation
from features.types import Type
from foundation.money import is_currency
from intake.errors import Wrong
from intake.pan import ADVICE, has_card_number
from rules.definition import VERTICALS

LONGEST_ID: Final = 128
LONGEST_TYPE: Final = 32
LARGEST_ID: Final = 2**63 - 1

NUMBER, TEXT, BOOLEAN, LIST = "a number", "a text", "a boolean", "a list"
"""What a value can be, in the words of `body.kind_of`."""

_TIME = "a time in ISO 8601 such as 2026-03-01T14:30:00+01:00, or in seconds since 1970"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `check` runs after the type was found right; it returns the value to go on with
    or raises Wrong."""

    name: str
    annotation: Any
    expected: str
    kinds: frozenset[str]
    max_length: int = 0
    check: Callable[[Any], Any] | None = None


def _id_annotation(doc: str, *, longest: int) -> Any:
    text = Annotated[str, Meta(min_length=1, max_length=longest, description=doc)]
    return text | Annotated[int, Meta(ge=0, le=LARGEST_ID)]


def _id_field(name: str, doc: str, *, longest: int = LONGEST_ID) -> Field:
    return Field(
        name,
        _id_annotation(doc, longest=longest),
        f"a text of 1 to {longest} characters, or a whole number",
        frozenset({TEXT, NUMBER}),
        longest,
        _read_id,
    )


def _read_id(value: str | int) -> str:
    text = str(value)
    if not text.isprintable():
        raise Wrong("must consist of printable characters", "characters")
    if not text.strip():
        raise Wrong("must not be blank", "length")
    return text


def _read_currency(code: str) -> str:
    if not is_currency(code.upper()):
        raise Wrong("must be a currency's three-letter code (ISO 4217), such as NGN", "choice")
    return code.upper()


def _read_industry(code: str) -> str:
    if code.lower() not in VERTICALS:
        raise Wrong(f"must be one of {', '.join(VERTICALS)}", "choice")
    return code.lower()


def _read_address(text: str) -> str:
    if text and parse_address(text) is None:
        raise Wrong("must be an IPv4 or IPv6 address, without a port", "format")
    return text


def _read_token(text: str) -> str:
    if has_card_number(text):
        raise Wrong(f"looks like a card number, which {ADVICE}", "card_data")
    return text


def _own_fields() -> list[Field]:
    """Fields that are no features, and features whose bounds a transaction's columns narrow."""
    return [
        _id_field("user_id", "The customer, under your own number."),
        _id_field("transaction_id", "Your own number of the transaction; made by us when absent."),
        Field(
            "transaction_type",
            _text(
                "What kind of transaction it is, such as transfer, withdrawal, deposit, purchase, "
                "payment, loan_disbursement, refund, cash_in, cash_out, debit.",
                LONGEST_TYPE,
                pattern="^[A-Za-z][A-Za-z0-9_-]*$",
            ),
            f"a word of 1 to {LONGEST_TYPE} letters, digits, hyphens and underscores",
            frozenset({TEXT}),
            LONGEST_TYPE,
        ),
        Field(
            "industry",
            _text("The vertical; payments when absent.", LONGEST_TYPE, enum=list(VERTICALS)),
            f"one of {', '.join(VERTICALS)}",
            frozenset({TEXT}),
            LONGEST_TYPE,
            _read_industry,
        ),
        Field(
            "currency",
            _text("ISO 4217; your institution's when absent.", 3, pattern="^[A-Za-z]{3}$"),
            "a currency's three-letter code (ISO 4217), such as NGN",
            frozenset({TEXT}),
            3,
            _read_currency,
        ),
        Field(
            "use_ml",
            Annotated[bool, Meta(description="Whether the model takes part; true when absent.")],
            "true or false",
            frozenset({BOOLEAN}),
        ),
        Field(
            "card_last_four",
            _text("The last four digits of the card.", 4, pattern="^[0-9]{4}$"),
            "a text of four digits",
            frozenset({TEXT}),
            4,
        ),
    ]


def _text(doc: str, longest: int, *, pattern: str | None = None, enum: object = None) -> Any:
    more = {"enum": enum} if enum else None
    return Annotated[
        str, Meta(max_length=longest, pattern=pattern, description=doc, extra_json_schema=more)
    ]


_CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ip_address": _read_address,
    "card_token": _read_token,
}
_KINDS: Final = {
    Type.BOOLEAN: {BOOLEAN},
    Type.NUMBER: {NUMBER},
    Type.MONEY: {NUMBER},
    Type.STRING: {TEXT},
    Type.IDENTIFIER: {TEXT},
    Type.STRINGS: {LIST},
    Type.TIMESTAMP: {TEXT, NUMBER},
}


def _field_of(feature: Feature) -> Field:
    if feature.type is Type.IDENTIFIER and feature.name.endswith("_id"):
        return _id_field(feature.name, feature.doc, longest=feature.max_length)
    kinds = frozenset(_KINDS[feature.type])
    if feature.reading == "four_digits":
        kinds |= {NUMBER}
    return Field(
        feature.name,
        field_annotation(feature),
        expectation(feature),
        kinds,
        feature.max_length,
        _CHECKS.get(feature.name),
    )


def expectation(feature: Feature) -> str:
    """What a feature takes, to go on after "must be".

    >>> from features.catalogue import CATALOGUE
    >>> expectation(CATALOGUE["ip_reputation_score"])
    'a number from 0 to 100'
    """
    if feature.type is Type.BOOLEAN:
        return "true or false"
    if feature.type is Type.TIMESTAMP:
        return _TIME
    if feature.type is Type.STRINGS:
        return f"a list of at most {MOST_TEXTS} texts of {feature.max_length} characters each"
    if feature.type in {Type.NUMBER, Type.MONEY}:
        return f"a number{_range(feature)}"
    if feature.choices:
        return f"one of {', '.join(feature.choices)}"
    return _TEXTS.get(feature.name, f"a text of at most {feature.max_length} characters")


_TEXTS: Final[Mapping[str, str]] = {
    "merchant_category_code": "a merchant category code of four digits",
    "card_bin": "the first six to eight digits of the card, as a text",
    "card_expiry": "a month such as 07/2027 or 2027-07",
}


def _range(feature: Feature) -> str:
    low, high = feature.minimum, feature.maximum
    if low is None:
        return "" if high is None else f" of at most {_plain(high)}"
    return (
        f" of at least {_plain(low)}" if high is None else f" from {_plain(low)} to {_plain(high)}"
    )


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"


FIELDS: Final[Mapping[str, Field]] = {
    **{feature.name: _field_of(feature) for feature in SUPPLIED.values()},
    **{field.name: field for field in _own_fields()},
}
REQUIRED: Final = ("user_id", "amount")
CHECKS: Final = {field.name: field.check for field in FIELDS.values() if field.check}
PLAIN: Final = frozenset(
    f.name for f in SUPPLIED.values() if f.type in {Type.NUMBER, Type.MONEY, Type.BOOLEAN}
)
TEXTS: Final = frozenset(f.name for f in SUPPLIED.values() if f.type is Type.STRING)
LISTS: Final = frozenset(f.name for f in SUPPLIED.values() if f.type is Type.STRINGS)


def _typed_dict() -> Any:
    """The decoder's type: a dictionary, because what is not given must cost nothing."""
    order = sorted(FIELDS, key=lambda name: (name not in REQUIRED, SUPPLIED.get(name) is not None))
    annotations = {
        name: Required[FIELDS[name].annotation] if name in REQUIRED else FIELDS[name].annotation
        for name in order
    }
    make: Any = TypedDict  # the type checker knows only literal ones
    return make("FraudCheck", annotations, total=False)


FraudCheck: Final = _typed_dict()
