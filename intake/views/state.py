"""Health, liveness and metrics: for machines, without a key."""

import msgspec
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from intake.errors import only_get
from intake.health import check_health
from intake.metrics import measured, render_metrics

_NO_STORE = {"Cache-Control": "no-store"}


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


def live(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers at all."""
    only_get(request)
    return HttpResponse(b'{"status":"alive"}', content_type="application/json", headers=_NO_STORE)


def metrics(request: HttpRequest) -> HttpResponse:
    only_get(request)
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST, headers=_NO_STORE)
