"""The same problem details for views written with the REST framework."""

import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from foundation.errors import (
    BadRequest,
    FieldError,
    NotFound,
    Problem,
    Unavailable,
    problem_response,
)

_TYPES = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    415: "unsupported-media-type",
    429: "too-many-requests",
}


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The framework's exception handler; None lets an unforeseen error become a logged 500."""
    problem = as_problem(error)
    if problem is None:
        return None
    from rest_framework.views import set_rollback  # late: its module loads this one

    set_rollback()
    request = context["request"]
    plain: HttpRequest = getattr(request, "_request", request)
    return problem_response(problem, plain)


def as_problem(error: Exception) -> Problem | None:
    """The problem that an exception stands for, or None for one that nobody foresaw."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return Problem("You may not do this.", status=403, type="forbidden", title="Not allowed")
    if isinstance(error, SuspiciousOperation):  # thousands of parameters, a foreign host name
        return BadRequest("The request is malformed.")
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable("The database cannot be reached; nothing was stored.")
    if isinstance(error, exceptions.APIException):
        return _from_framework(error)
    return None


def _from_framework(error: exceptions.APIException) -> Problem:
    errors = list(_field_errors(error.detail)) if isinstance(error.detail, dict) else []
    detail = "Some fields are not valid." if errors else _sentence(error.detail)
    headers = {}
    wait: float | None = getattr(error, "wait", None)  # of Throttled, in seconds
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    return Problem(
        detail,
        type=_TYPES.get(error.status_code, "error"),
        title=HTTPStatus(error.status_code).phrase,  # the framework's own has places left open
        status=error.status_code,
        errors=errors,
        headers=headers,
    )


def _field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Flattens the framework's nested dictionary into dotted field names."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _field_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, path)
    else:
        yield FieldError(path, str(detail), getattr(detail, "code", "invalid"))


def _sentence(detail: Any) -> str:
    return " ".join(map(str, detail)) if isinstance(detail, list) else str(detail)
