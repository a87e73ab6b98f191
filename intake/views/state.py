"""Health, liveness and metrics: for machines, no key needed.

They are exempt from the check for forged requests, since they change nothing, so that a wrong
method is told so instead of being asked for a cookie.
"""

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST

from clients.throttling import take
from foundation.errors import Unauthorized
from intake.doors import put_on
from intake.errors import only_get
from intake.formats.native import by_key
from intake.health import check_health
from intake.metrics import measured, render_metrics
from intake.views.answers import json_answer

_NO_STORE = {"Cache-Control": "no-store"}


@csrf_exempt
@measured("health")
def health(request: HttpRequest) -> HttpResponse:
    """200 when this instance can decide, else 503; the body says what is missing.

    Nobody needs a key for it; who sends one has it counted.
    """
    only_get(request)
    headers = {**_NO_STORE, **_counted(request)}
    return put_on(health_answer(), headers)


def health_answer() -> HttpResponse:
    """The same in every format: 200, or 503 when this instance cannot decide."""
    state = check_health()
    if state.can_decide:
        return json_answer(state)
    return json_answer(state, status=503, headers={"Retry-After": "2"})


def _counted(request: HttpRequest) -> dict[str, str]:
    """The limit's header fields for a good key. Raises TooManyRequests.

    Whoever asks for health with a wrong key, or while keys cannot be looked up, wants to know how
    things are all the same.
    """
    if "HTTP_X_API_KEY" not in request.META:
        return {}
    try:
        allowance = take(by_key(request))
    except (Unauthorized, DatabaseError, InterfaceError):
        return {}
    return allowance.headers() if allowance else {}


@csrf_exempt
def live(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers at all."""
    only_get(request)
    return HttpResponse(b'{"status":"alive"}', content_type="application/json", headers=_NO_STORE)


@csrf_exempt
def metrics(request: HttpRequest) -> HttpResponse:
    only_get(request)
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST, headers=_NO_STORE)
