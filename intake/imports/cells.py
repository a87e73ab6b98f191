"""One cell at a time: strict readings of what a CSV file has as text and Parquet has typed.

Each raises BadRow naming the column. A cell that is empty, null or not there is None or, where a
value is needed, an error.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from intake.imports.errors import BadRow

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}(\.0{1,18})?")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUTH: Final = {"1": True, "0": False, "true": True, "false": False}
_LONGEST: Final = 64  # characters of a number

Fields = Mapping[str, Any]


def present(fields: Fields, column: str) -> Any:
    """The cell's value; None when it is absent or empty."""
    value = fields.get(column)
    if isinstance(value, str):
        value = value.strip()
    return None if value == "" else value


def needed(fields: Fields, column: str) -> Any:
    value = present(fields, column)
    if value is None:
        raise BadRow(column, "is missing")
    return value


def whole_number(fields: Fields, column: str, *, minimum: int, maximum: int) -> int:
    """
    >>> whole_number({"t": " 31 "}, "t", minimum=0, maximum=100)
    31
    """
    value = needed(fields, column)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value.partition(".")[0])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRow(column, "must be a whole number")
    if not minimum <= value <= maximum:
        raise BadRow(column, f"must be from {minimum:,} to {maximum:,}")
    return value


def number(fields: Fields, column: str, *, minimum: float = 0.0) -> float:
    """A finite number of at least `minimum`."""
    found = optional_number(fields, column, minimum=minimum)
    if found is None:
        raise BadRow(column, "is missing")
    return found


def optional_number(fields: Fields, column: str, *, minimum: float = 0.0) -> float | None:
    value = present(fields, column)
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= _LONGEST and _DECIMAL.fullmatch(value):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadRow(column, "must be a number")
    try:
        value = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        value = math.inf
    if not math.isfinite(value):
        raise BadRow(column, "must be a finite number")
    if value < minimum:
        raise BadRow(column, f"must be at least {minimum:,g}")
    return value


def identifier(fields: Fields, column: str) -> str:
    """A name or number that stands for somebody, as text. 17 and 17.0 are the same one."""
    value = needed(fields, column)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadRow(column, "must be a text or a whole number")
    if isinstance(value, float):
        if not value.is_integer():
            raise BadRow(column, "must be a text or a whole number")
        value = int(value)
    return str(value)


def truth(fields: Fields, column: str) -> bool | None:
    """True for 1 and true, False for 0 and false, None for an empty cell."""
    value = present(fields, column)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = _TRUTH.get(str(value).lower())
    if found is None:
        raise BadRow(column, "must be 0 or 1")
    return found
