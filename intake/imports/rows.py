"""A row of a file as it was read, before anybody knows what it means."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from intake.body import NoNumber


class Row(NamedTuple):
    """`number` counts the file's data rows from 1, in the file's own order.

    A row that cannot be divided into columns has no fields, its raw form in `raw`, and the reason
    in `fault`.
    """

    number: int
    fields: Mapping[str, Any]
    raw: Any = None
    fault: str = ""

    def as_given(self) -> str:
        """The row for the rejects file: one line of JSON in ASCII, or the line of a JSON file."""
        given = self.fields if self.raw is None else self.raw
        if isinstance(given, str):
            return given.strip("\r\n").encode("utf-8", "backslashreplace").decode()
        return dump(given)


def plain(value: Any) -> Any:
    """A typed cell in JSON's terms: times as ISO 8601 (UTC where no zone is told), decimals as
    numbers, and what JSON has no form for as text."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(name): plain(content) for name, content in value.items()}
    if isinstance(value, list):
        return [plain(content) for content in value]
    return str(value)


def dump(value: Any) -> str:
    """JSON, with Python's own NaN and Infinity for numbers that are none, so that `load` gives
    back what a row held."""
    return json.dumps(value, default=_without_form)


def load(text: str) -> Any:
    return json.loads(text)


def _without_form(value: Any) -> Any:
    if isinstance(value, NoNumber):
        return float("nan" if value.kind == "NaN" else "inf")
    return str(value)
