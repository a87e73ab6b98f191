"""How the installation is: services, figures, resources. The same answers in every format."""

from typing import Final

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict

from clients.authentication import Client
from foundation.errors import FieldError
from intake import monitoring
from intake.errors import NotBuilt, fields_problem

HISTORY: Final = (
    "Resource alerts are not stored yet, so there are none of the past to show; without `history` "
    "those of now are answered."
)


def overview(request: HttpRequest, client: Client) -> HttpResponse:
    return _json(request, monitoring.overview(client.institution_id))


def services(request: HttpRequest, client: Client) -> HttpResponse:
    return _json(request, monitoring.service_list())


def services_status(request: HttpRequest, client: Client) -> HttpResponse:
    return _json(request, monitoring.service_states())


def metrics(request: HttpRequest, client: Client) -> HttpResponse:
    return _json(request, monitoring.metrics(client.institution_id))


def alerts(request: HttpRequest, client: Client) -> HttpResponse:
    """Thresholds that are reached now; 501 with `history=true`."""
    wanted = _history(request.GET)
    if wanted:
        raise NotBuilt(HISTORY)
    return _json(request, monitoring.alerts(), "history")


def _history(given: QueryDict) -> bool:
    values = given.getlist("history")
    if not values:
        return False
    if len(values) != 1 or values[0] not in {"true", "false"}:
        raise fields_problem([FieldError("history", "must be true or false", "choice")])
    return values[0] == "true"


def _json(request: HttpRequest, body: msgspec.Struct, *parameters: str) -> HttpResponse:
    """Refuses parameters that would be passed over."""
    unknown = [name for name in request.GET if name not in parameters]
    if unknown:
        raise fields_problem(
            [FieldError(name[:64], "is not a parameter here", "unknown") for name in unknown]
        )
    return HttpResponse(msgspec.json.encode(body), content_type="application/json")
