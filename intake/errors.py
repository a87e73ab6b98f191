"""Answers that only a door gives, and the sentences that name a wrong field."""

from collections.abc import Iterable, Mapping, Sequence

from django.http import HttpRequest

from foundation.errors import BadRequest, FieldError, Problem

MOST_ERRORS = 100
"""Fields named in one answer: a body with a thousand wrong ones needs no thousand sentences."""


UNFORESEEN = "The cause is in our log under this request's id; please quote it."
"""The detail of a 500: it says nothing of what happened."""


class MethodNotAllowed(Problem):
    status, type, title = 405, "method-not-allowed", "The address does not take this method"

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        """`allowed` are the methods that the address takes; the answer lists them in Allow."""
        methods = ", ".join(allowed)
        super().__init__(f"{method} is not taken here; use {methods}.", headers={"Allow": methods})


class NotBuilt(Problem):
    """The address is promised and known, and there is nothing behind it yet; `detail` says what."""

    status, type, title = 501, "not-implemented", "Not there yet"


def only_get(request: HttpRequest) -> None:
    """Raises MethodNotAllowed for anything that is no reading."""
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(str(request.method), ["GET", "HEAD"])


class Wrong(ValueError):
    """A field's value is of the right kind, but not what the field takes. The sentence says why."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def under_names(errors: Iterable[FieldError], names: Mapping[str, str]) -> list[FieldError]:
    """The errors by the names that the client gave the fields; of one name the first."""
    found: dict[str, FieldError] = {}
    for error in errors:
        name = names.get(error.field, error.field)
        found.setdefault(name, FieldError(name, error.message, error.code))
    return list(found.values())


def fields_problem(errors: Sequence[FieldError]) -> BadRequest:
    """All wrong fields in one answer, each by the name that the client used."""
    named = errors[:MOST_ERRORS]
    detail = named[0].message if len(errors) == 1 else f"{len(errors)} fields are not valid."
    if len(errors) == 1:
        detail = f"{named[0].field}: {detail}."
    elif len(errors) > MOST_ERRORS:
        detail += f" The first {MOST_ERRORS} are named."
    return BadRequest(detail, type="invalid-fields", errors=named)
