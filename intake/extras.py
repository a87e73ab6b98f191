"""Fields that the catalogue does not know: kept with the transaction, within bounds, encrypted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from foundation.errors import FieldError
from intake.body import NoNumber
from intake.pan import ADVICE, is_secret_name, mask_card_numbers

MOST_FIELDS: Final = 100
LARGEST: Final = 16_384
"""Bytes of all unknown fields together, as JSON."""
DEEPEST: Final = 8
LONGEST_NAME: Final = 128

_INTEGERS = range(-(2**63), 2**64)  # what can be stored without loss
_size_of = msgspec.json.Encoder().encode


def read_extras(extras: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """The extras with card numbers masked, and what is wrong with them. Names in errors are dotted.

    Either nothing is wrong or the first result is to be thrown away.
    """
    if len(extras) > MOST_FIELDS:
        first = next(name for i, name in enumerate(extras) if i == MOST_FIELDS)
        message = f"is one unknown field too many; {MOST_FIELDS} are kept, {len(extras)} came"
        return {}, [FieldError(printable(first), message, "too_many")]
    errors = [error for name, value in extras.items() for error in _errors(name, value, name, 1)]
    if errors:
        return {}, errors
    kept = {mask_card_numbers(name): _masked(value) for name, value in extras.items()}
    size = len(_size_of(kept))
    if size > LARGEST:
        largest = max(kept, key=lambda name: len(_size_of(kept[name])))
        message = f"is the largest unknown field; all take {size:,} bytes of {LARGEST:,} allowed"
        return {}, [FieldError(largest, message, "too_large")]
    return kept, []


def _errors(name: str, value: Any, path: str, depth: int) -> Iterator[FieldError]:
    """What is wrong with one field and all below it."""
    if wrong := text_fault(name) or (len(name) > LONGEST_NAME and "is longer than 128 characters"):
        yield FieldError(printable(path), f"the name {wrong}", "name")
        return
    if is_secret_name(name) and value is not None:
        yield FieldError(path, ADVICE, "card_data")
        return
    if depth > DEEPEST:
        yield FieldError(path, f"is nested deeper than {DEEPEST} levels", "too_deep")
        return
    if isinstance(value, dict):
        for inner, content in value.items():
            yield from _errors(inner, content, f"{path}.{inner}", depth + 1)
    elif isinstance(value, list):
        for i, content in enumerate(value):
            yield from _errors("", content, f"{path}.{i}", depth + 1)
    elif wrong := scalar_fault(value):
        yield FieldError(path, wrong, "value")


def scalar_fault(value: object) -> str:
    """Why a value without parts cannot be kept; "" when it can."""
    if isinstance(value, str):
        return text_fault(value)
    if isinstance(value, NoNumber):
        return f"must be a finite number; got {value.kind}"
    if type(value) is int and value not in _INTEGERS:
        return "must be a number of at most 64 bits; got a larger one"
    return ""


def text_fault(text: str) -> str:
    """Why a text cannot be stored; "" when it can."""
    if "\0" in text:
        return "must not contain the character NUL (\\u0000)"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "must be valid Unicode; got half of a surrogate pair"
    return ""


def printable(name: str) -> str:
    """A client's field name as an answer can carry it: valid Unicode, 128 characters at most."""
    return name[:LONGEST_NAME].encode("utf-8", "replace").decode()


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_card_numbers(value)
    if type(value) is int:
        text = str(value)
        masked = mask_card_numbers(text)
        return value if masked == text else masked
    if isinstance(value, dict):
        return {mask_card_numbers(name): _masked(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_masked(content) for content in value]
    return value
