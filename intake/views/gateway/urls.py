"""The format's addresses: every call under the prefix /gateway/, at the root and, where it has a
home there, under /api/v1/."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from intake.doors import READING, door
from intake.errors import MethodNotAllowed
from intake.formats.base import Manners
from intake.formats.gateway import GATEWAY
from intake.formats.native import NATIVE
from intake.views import monitoring, pending, reading, state
from intake.views.gateway import analytics, scoring, storage

Called = Callable[..., HttpResponse]
View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Call:
    """One address and what answers it, by method. `home` is the native address of the same."""

    address: str
    reads: Called | None = None
    takes: Called | None = None
    home: str = ""
    at_root: bool = True


CALLS: Final = (
    Call("api/v1/score", takes=scoring.score),
    Call("services/status", monitoring.services_status),
    Call("fraud-trends", analytics.trends),
    Call("transaction-patterns", analytics.patterns),
    Call("risk-distribution", analytics.distribution),
    Call("model-performance", analytics.model_performance),
    Call("transactions", storage.transactions, scoring.ingest),
    Call("predictions", storage.predictions, scoring.predict),
    Call("ingest", takes=scoring.ingest),
    Call("fraud-alert", takes=pending.notify, home="notifications/fraud-alert"),
    Call("system-alert", takes=pending.notify, home="notifications/system-alert"),
    Call("history", pending.notification_history, home="notifications/history"),
    Call("jobs", pending.jobs, pending.jobs, home="batch/jobs"),
    Call("jobs/<str:job_id>", pending.job, home="batch/jobs/<str:job_id>"),
    Call("overview", monitoring.overview, home="monitoring/overview"),
    Call("services", monitoring.services, home="monitoring/services"),
    Call("metrics", monitoring.metrics, home="monitoring/metrics", at_root=False),
    Call("alerts", monitoring.alerts, home="monitoring/alerts"),
)


def by_method(wire: Manners, views: Mapping[str, View]) -> View:
    """One view of several, each with methods of its own."""

    def view(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = views.get(str(request.method))
        if chosen is None:
            return wire.refuse(MethodNotAllowed(str(request.method), views), request)
        return chosen(request, *args, **kwargs)

    return csrf_exempt(view)


def view_of(call: Call, wire: Manners, endpoint: str) -> View:
    views: dict[str, View] = {}
    if call.reads is not None:
        reads = door(wire=wire, endpoint=endpoint, scope="read")(call.reads)
        views |= dict.fromkeys(READING, reads)
    if call.takes is not None:
        takes = door(wire=wire, endpoint=endpoint, scope="score", methods=("POST",))(call.takes)
        views["POST"] = takes
    return by_method(wire, views)


def _patterns() -> Iterator[URLPattern]:
    for call in CALLS:
        word = call.address.partition("/<")[0].removeprefix("api/v1/").replace("/", "_")
        name = word.replace("-", "_") + ("_one" if "<" in call.address else "")
        view = view_of(call, GATEWAY, f"gateway_{name}")
        yield path(f"gateway/{call.address}", view)
        if call.at_root:
            yield path(call.address, view)
        if call.home:
            yield path(f"api/v1/{call.home}", view_of(call, NATIVE, f"native_{name}"))


native_transactions = by_method(
    NATIVE,
    {
        **dict.fromkeys((*READING, "OPTIONS"), reading.transactions),
        "POST": door(wire=NATIVE, endpoint="ingest", scope="score", methods=("POST",))(
            scoring.ingest_native
        ),
    },
)

urlpatterns = [
    *_patterns(),
    path("gateway/health", state.health),
    path("api/v1/transactions", native_transactions, name="transactions"),
]
