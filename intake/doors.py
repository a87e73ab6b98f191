"""The doors: what every call of a client system goes through, whichever format it speaks.

who calls -> within the limit of its tier -> the view -> the format's own answer or error
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import update_wrapper
from time import perf_counter
from typing import Concatenate, Final, ParamSpec

import msgspec
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from clients.authentication import Client
from clients.errors import ScopeMissing
from clients.throttling import take
from clients.webhooks.targets import url_fault
from foundation.errors import BadRequest, FieldError, Problem, Unavailable
from foundation.errors_drf import as_problem
from intake.body import read_body
from intake.errors import UNFORESEEN, MethodNotAllowed, fields_problem, under_names
from intake.formats.base import Decoded, Manners, Scored, WireFormat
from intake.metrics import measured, observe_stages
from scoring.answers import Answer
from scoring.inputs import WEBHOOK_FIELD
from scoring.services import score_transaction

log = logging.getLogger(__name__)
P = ParamSpec("P")
Called = Callable[Concatenate[HttpRequest, Client, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

READING: Final = ("GET", "HEAD")
LONGEST_KEY: Final = 255


def door(
    *, wire: Manners, endpoint: str, scope: str, methods: Iterable[str] = READING
) -> Callable[[Called[P]], View[P]]:
    """Makes a view of a function that answers a known client.

    No session, no cookie, no REST framework: a key in a header needs none of them, and the
    framework's request object alone costs as much as decoding does. Whatever is raised becomes the
    format's own error; RateLimit fields tell what is left. `endpoint` is the figures' fixed word
    for the address.
    """

    def decorate(called: Called[P]) -> View[P]:
        def view(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            client = client_for(request, wire, scope)
            allowance = take(client)
            try:
                response = called(request, client, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  the edge: clients get an answer
                response = wire.refuse(_problem(error, request), request)
            return put_on(response, {} if allowance is None else allowance.headers())

        return open_door(wire=wire, endpoint=endpoint, methods=methods)(
            update_wrapper(view, called)
        )

    return decorate


def client_for(request: HttpRequest, wire: Manners, scope: str) -> Client:
    """Who calls. Raises Unauthorized, or Forbidden without the scope."""
    client = wire.client_of(request)
    if scope not in client.scopes:
        raise ScopeMissing(scope)
    return client


def open_door(
    *, wire: Manners, endpoint: str, methods: Iterable[str] = READING
) -> Callable[[View[P]], View[P]]:
    """As `door`, for addresses that need no client: registering, signing in, health."""
    allowed = tuple(methods)

    def decorate(called: View[P]) -> View[P]:
        def view(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                if request.method not in allowed:
                    raise MethodNotAllowed(str(request.method), allowed)
                response = called(request, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  the edge: clients get an answer
                response = wire.refuse(_problem(error, request), request)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        update_wrapper(view, called)
        return csrf_exempt(measured(endpoint)(view))

    return decorate


def put_on(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _problem(error: Exception, request: HttpRequest) -> Problem:
    problem = as_problem(error)
    if isinstance(problem, Unavailable):
        log.error("Unavailable: %s", type(error).__name__, extra={"path": request.path})
    if problem is not None:
        return problem
    got_request_exception.send(sender=None, request=request)  # tests and reporters hear of it
    log.error("A door failed", exc_info=error, extra={"path": request.path})
    return Problem(UNFORESEEN)


def check_door(wire: WireFormat, *, endpoint: str) -> View[[]]:
    """A view that decides one transaction, sent by POST in the given format."""

    @door(wire=wire, endpoint=endpoint, scope="score", methods=("POST",))
    def check(request: HttpRequest, client: Client) -> HttpResponse:
        marks = [perf_counter()]
        decoded = with_headers(wire.decode(read_body(request)), request)
        marks.append(perf_counter())
        answer = decide(client, decoded, wire.name, idempotency_key(request))
        marks.append(perf_counter())
        observe_stages(marks)
        milliseconds = (marks[-1] - marks[0]) * 1_000
        scored = Scored(answer, decoded.request, milliseconds)
        response = HttpResponse(wire.encode(scored), content_type="application/json")
        if answer.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    return check


def decide(
    client: Client, decoded: Decoded, source: str, idempotency_key: str | None = None
) -> Answer:
    """Score one decoded transaction; errors name fields as the client does."""
    try:
        return score_transaction(
            client=client,
            request=decoded.request,
            source=source,
            idempotency_key=idempotency_key,
        )
    except BadRequest as problem:
        if not problem.errors:
            raise
        raise fields_problem(under_names(problem.errors, decoded.names)) from None


def idempotency_key(request: HttpRequest) -> str | None:
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"must be 1 to {LONGEST_KEY} printable ASCII characters"
        raise _wrong_header("Idempotency-Key", message)
    return key


def with_headers(decoded: Decoded, request: HttpRequest) -> Decoded:
    """The request with what its headers add: the URL is kept with it until the webhook is sent."""
    url = request.META.get("HTTP_X_WEBHOOK_URL")
    if url is None:
        return decoded
    if fault := url_fault(url):
        raise _wrong_header("X-Webhook-URL", fault)
    extras = {**decoded.request.extras, WEBHOOK_FIELD: url}
    return Decoded(msgspec.structs.replace(decoded.request, extras=extras), decoded.names)


def _wrong_header(name: str, message: str) -> BadRequest:
    error = FieldError(name, message, "header")
    return BadRequest(f"{name} {message}.", type="invalid-header", errors=[error])
