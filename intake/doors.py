"""The door: authenticate, read, decode, score, answer. The same for every wire format."""

from collections.abc import Callable
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from clients.authentication import Client, authenticate
from clients.errors import ScopeMissing
from foundation.errors import BadRequest, FieldError, Problem
from intake.body import read_body
from intake.errors import MethodNotAllowed, Wrong
from intake.formats.base import Decoded, WireFormat
from intake.metrics import measured, observe_stages
from scoring.answers import Answer
from scoring.services import score_transaction

LONGEST_KEY: Final = 255
LONGEST_URL: Final = 2_048
WEBHOOK_FIELD: Final = "x_webhook_url"
"""The extra field that keeps the header X-Webhook-URL with the transaction."""


def check_door(wire: WireFormat, *, endpoint: str) -> Callable[[HttpRequest], HttpResponse]:
    """A view that decides one transaction, sent by POST in the given format.

    No session, no cookie, no REST framework: a key in a header needs none of them, and the
    framework's request object alone costs as much as decoding does.
    """

    @csrf_exempt
    @measured(endpoint)
    def check(request: HttpRequest) -> HttpResponse:
        try:
            return _check(request, wire)
        except Problem as problem:
            return wire.refuse(problem, request)

    return check


def _check(request: HttpRequest, wire: WireFormat) -> HttpResponse:
    if request.method != "POST":
        raise MethodNotAllowed(str(request.method), ["POST"])
    marks = [perf_counter()]
    client = authenticate_for(request, "score")
    marks.append(perf_counter())
    decoded = _with_headers(wire.decode(read_body(request)), request)
    marks.append(perf_counter())
    answer = _score(request, client, decoded, wire.name)
    marks.append(perf_counter())
    observe_stages(marks)
    response = HttpResponse(wire.encode(answer), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def authenticate_for(request: HttpRequest, scope: str) -> Client:
    """The client of the key in X-API-Key. Raises Unauthorized, or Forbidden without the scope."""
    client = authenticate(request.META.get("HTTP_X_API_KEY"))
    if scope not in client.scopes:
        raise ScopeMissing(scope)
    return client


def _score(request: HttpRequest, client: Client, decoded: Decoded, source: str) -> Answer:
    try:
        return score_transaction(
            client=client,
            request=decoded.request,
            source=source,
            idempotency_key=_idempotency_key(request),
        )
    except BadRequest as problem:
        problem.errors = tuple(_renamed(error, decoded) for error in problem.errors)
        raise


def _renamed(error: FieldError, decoded: Decoded) -> FieldError:
    return FieldError(decoded.names.get(error.field, error.field), error.message, error.code)


def _idempotency_key(request: HttpRequest) -> str | None:
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"must be 1 to {LONGEST_KEY} printable ASCII characters"
        raise _wrong_header("Idempotency-Key", message)
    return key


def _with_headers(decoded: Decoded, request: HttpRequest) -> Decoded:
    """The request with what its headers add. Webhooks are not sent yet; the URL is kept."""
    url = request.META.get("HTTP_X_WEBHOOK_URL")
    if url is None:
        return decoded
    try:
        check_webhook_url(url)
    except Wrong as wrong:
        raise _wrong_header("X-Webhook-URL", wrong.message) from None
    extras = {**decoded.request.extras, WEBHOOK_FIELD: url}
    return Decoded(msgspec.structs.replace(decoded.request, extras=extras), decoded.names)


def check_webhook_url(url: str) -> None:
    """Raises Wrong unless this has the shape of an address that could be called."""
    expected = f"must be an http or https URL of at most {LONGEST_URL:,} characters"
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Wrong(expected)
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise Wrong(expected)
    if parts.username is not None or parts.password is not None:
        raise Wrong("must not contain a user name or password")


def _wrong_header(name: str, message: str) -> BadRequest:
    error = FieldError(name, message, "header")
    return BadRequest(f"{name} {message}.", type="invalid-header", errors=[error])
