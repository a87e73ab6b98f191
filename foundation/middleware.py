"""What every request passes through."""

import logging
import os
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import BadRequest as Malformed
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.errors import Problem, Unavailable, problem_response
from foundation.errors_drf import as_problem
from foundation.logging import request_id_var

log = logging.getLogger(__name__)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}").fullmatch
# "cannot contain NUL" of the driver; of PostgreSQL, for JSON: "\u0000 cannot be converted".
_OF_NUL = re.compile(r"\bNUL\b|\\u0000").search
API_PREFIX = "/api/"
ADMIN_PREFIX = "/admin/"

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Sets `request.request_id`, the logs' id and the answer's X-Request-ID; about 5 us.

    A client's own id is taken over when it is 8 to 64 plain characters, else one is made.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _SANE_ID(given) else os.urandom(12).hex()
        request.request_id = request_id  # type: ignore[attr-defined]
        token = request_id_var.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            request_id_var.reset(token)  # the thread's next work is not this request's
        response.headers["X-Request-ID"] = request_id
        return response


class NulMiddleware:
    """Answers 400 where a request holds the character NUL, which PostgreSQL cannot hold.

    Address and cookies are looked at ahead of everything. Forms refuse it at their fields; what
    comes another way (an id that the admin quotes, JSON) is known when the driver refuses it.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        decoded = (query, request.path_info, *request.COOKIES.values())
        if "%00" in query or any("\0" in text for text in decoded):
            raise Malformed("The address or a cookie holds the character NUL.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if isinstance(error, (DataError, ValueError)) and _OF_NUL(str(error)):
            raise Malformed("A value holds the character NUL.") from error


class TimezoneMiddleware:
    """Shows times of the admin in the person's own zone. Must come after authentication.

    Other addresses are left alone: reading the person there would cost a query.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ADMIN_PREFIX):
            return self.get_response(request)
        with timezone.override(_zone(getattr(request.user, "timezone", "UTC"))):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo:
    """UTC for a zone that this machine does not know (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


class ProblemMiddleware:
    """Turns a `Problem` raised by a view into its answer, and under /api/ an unreachable database
    into 503 with Retry-After. Anything unforeseen goes on to become a logged 500.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Problem) and not request.path.startswith(API_PREFIX):
            return None
        problem = as_problem(error)
        if isinstance(problem, Unavailable):
            log.error("Unavailable: %s", type(error).__name__, extra={"path": request.path})
        return None if problem is None else problem_response(problem, request)
