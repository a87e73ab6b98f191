"""Many transactions in one body."""

from collections.abc import Callable, Iterable
from typing import Any

from foundation.errors import BadRequest, FieldError
from intake.body import kind_of
from intake.errors import fields_problem
from intake.formats.base import Decoded


def decode_each(
    items: Iterable[object], decode: Callable[[dict[str, Any]], Decoded], *, at: str = ""
) -> list[Decoded]:
    """The transactions in their order.

    Raises BadRequest naming every wrong field of every one by its place, after `at`: 3.amount.
    """
    decoded: list[Decoded] = []
    errors: list[FieldError] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            message = f"must be an object; got {kind_of(item)}"
            errors.append(FieldError(f"{at}{place}", message, "type"))
            continue
        try:
            decoded.append(decode(item))
        except BadRequest as problem:
            if not problem.errors:
                raise
            errors += [
                FieldError(f"{at}{place}.{error.field}", error.message, error.code)
                for error in problem.errors
            ]
    if errors:
        raise fields_problem(errors)
    return decoded
