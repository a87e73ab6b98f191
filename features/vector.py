"""A vector as it is stored: an array of numbers, an array of texts, and the catalogue's version.

Numbers hold what is a number, an amount, a time or a yes or no (1 or 0); texts hold the rest, lists
as JSON. What is missing at the end of an array is left off.
"""

from collections.abc import Sequence
from operator import itemgetter

import msgspec

from features.catalogue import CATALOGUE
from features.framework import CATEGORIES, Row, Value
from features.layouts import layout
from features.types import Type

RETIRED = "retired"  # the category of features that the catalogue no longer has


def pack(values: Sequence[Value | None]) -> tuple[list[float | None], list[str | None]]:
    """The row of the present catalogue as an array of numbers and an array of texts."""
    numbers = list(_NUMBERS(values))
    for i in _BOOLEANS:
        if numbers[i] is not None:
            numbers[i] = 1.0 if numbers[i] else 0.0
    texts = list(_TEXTS(values))
    for i in _LISTS:
        if texts[i] is not None:
            texts[i] = msgspec.json.encode(texts[i]).decode()
    _trim(numbers)
    _trim(texts)
    return numbers, texts


def unpack(
    numbers: Sequence[float | None], texts: Sequence[str | None], version: int = CATALOGUE.version
) -> Row:
    """The row in the present catalogue's order, whichever version packed it.

    A feature that the version did not have is missing; one that the catalogue no longer has is
    left out (see :func:`by_name`).
    """
    row: Row = [None] * len(CATALOGUE)
    index = CATALOGUE.index
    for name, value in by_name(numbers, texts, version).items():
        position = index.get(name)
        if position is not None:
            row[position] = value
    return row


def by_name(
    numbers: Sequence[float | None], texts: Sequence[str | None], version: int = CATALOGUE.version
) -> dict[str, Value]:
    """All values that a stored vector knows, by the names which its version gave them.

    Raises UnknownCatalogueVersionError.
    """
    used = layout(version)
    known: dict[str, Value] = {}
    for position, number in zip(used.numbers, numbers, strict=False):
        if number is not None:
            is_boolean = used.types[position] is Type.BOOLEAN
            known[used.names[position]] = number != 0 if is_boolean else number
    for position, text in zip(used.texts, texts, strict=False):
        if text is not None:
            is_list = used.types[position] is Type.STRINGS
            known[used.names[position]] = tuple(msgspec.json.decode(text)) if is_list else text
    return known


def present_by_category(
    values: Sequence[Value | None] | dict[str, Value],
) -> dict[str, dict[str, Value]]:
    """The known values of a row, or of :func:`by_name`, by category and name, for people and JSON.

    A feature in two categories appears in both.
    """
    if not isinstance(values, dict):
        values = {n: v for n, v in zip(CATALOGUE.index, values, strict=True) if v is not None}
    shown: dict[str, dict[str, Value]] = {category: {} for category in CATEGORIES}
    for name, value in values.items():
        feature = CATALOGUE.get(name)
        for category in feature.categories if feature else (RETIRED,):
            shown.setdefault(category, {})[name] = value
    return shown


def _trim(array: list[float | None] | list[str | None]) -> None:
    while array and array[-1] is None:
        array.pop()


# Positions in the catalogue in memory, found once; a test holds that its layout is the one on file.
_NUMERIC = [f for f in CATALOGUE if f.type.is_numeric]
_TEXTUAL = [f for f in CATALOGUE if not f.type.is_numeric]
_NUMBERS = itemgetter(*(CATALOGUE.index[f.name] for f in _NUMERIC))
_TEXTS = itemgetter(*(CATALOGUE.index[f.name] for f in _TEXTUAL))
_BOOLEANS = tuple(i for i, f in enumerate(_NUMERIC) if f.type is Type.BOOLEAN)
_LISTS = tuple(i for i, f in enumerate(_TEXTUAL) if f.type is Type.STRINGS)
