"""Health, liveness and metrics: for machines, without a key.

They are exempt from the check for forged requests, since they change nothing, so that a wrong
method is told so instead of being asked for a cookie.
"""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST

from intake.errors import only_get
from intake.health import check_health
from intake.metrics import measured, render_metrics

_NO_STORE = {"Cache-Control": "no-store"}


@csrf_exempt
@measured("health")
def health(request: HttpRequest) -> HttpResponse:
    """200 when this instance can decide, else 503; the body says what is missing."""
    only_get(request)
    state = check_health()
    return HttpResponse(
        msgspec.json.encode(state),
        status=200 if state.can_decide else 503,
        content_type="application/json",
        headers=_NO_STORE if state.can_decide else {**_NO_STORE, "Retry-After": "2"},
    )


@csrf_exempt
def live(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers at all."""
    only_get(request)
    return HttpResponse(b'{"status":"alive"}', content_type="application/json", headers=_NO_STORE)


@csrf_exempt
def metrics(request: HttpRequest) -> HttpResponse:
    only_get(request)
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST, headers=_NO_STORE)
