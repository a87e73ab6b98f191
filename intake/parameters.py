"""Query parameters, checked like any other input."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from foundation.errors import FieldError
from intake.errors import Wrong, fields_problem
from intake.extras import printable

Readers = Mapping[str, Callable[[str], Any]]
LONGEST_NAME = 64
"""Characters of a parameter's name that an answer repeats."""


def read_parameters(given: QueryDict, readers: Readers) -> dict[str, Any]:
    """What was asked for, by name. `readers` raise Wrong.

    Raises BadRequest naming every parameter that is unknown, given twice or wrong. An unknown one
    is refused, because a filter that is silently passed over answers with what was not asked for.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name in given:
        try:
            values[name] = _read(name, given.getlist(name), readers)
        except Wrong as wrong:
            errors.append(FieldError(printable(name[:LONGEST_NAME]), wrong.message, wrong.code))
    if errors:
        raise fields_problem(errors)
    return values


def _read(name: str, values: list[str], readers: Readers) -> Any:
    if name not in readers:
        known = f"; there are {', '.join(readers)}" if readers else " here"
        raise Wrong(f"is not a parameter{known}", "unknown")
    if len(values) != 1:
        raise Wrong("is given more than once", "conflict")
    return readers[name](values[0])
