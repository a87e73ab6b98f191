"""What is answered where no view answers: problem details for programs, pages for people."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from foundation.errors import BadRequest, Forbidden, NotFound, Problem, problem_response
from foundation.errors_drf import as_problem
from intake.errors import UNFORESEEN

_API = ("/api/", "/health", "/live", "/metrics")


def _for_program(request: HttpRequest) -> bool:
    """Whoever asks for no page by name is a program: browsers always do."""
    return request.path.startswith(_API) or "text/html" not in request.META.get("HTTP_ACCEPT", "")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_program(request):
        return problem_response(NotFound("There is nothing at this address."), request)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses: an unknown host name, a malformed header."""
    if _for_program(request):
        return problem_response(BadRequest("The request is malformed."), request)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_program(request):
        return problem_response(Forbidden("You may not do this."), request)
    return defaults.permission_denied(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """Says nothing of what happened: the log does, under the request's id. But a database that is
    away, which passes, is a 503."""
    error = sys.exc_info()[1]
    away = as_problem(error) if isinstance(error, OperationalError | InterfaceError) else None
    if away is not None:
        if _for_program(request):
            return problem_response(away, request)
        page = render_to_string("503.html")
        return HttpResponse(page, status=away.status, headers=dict(away.headers))
    if _for_program(request):
        return problem_response(Problem(UNFORESEEN), request)
    return defaults.server_error(request)
