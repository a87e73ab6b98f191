"""How the installation is: services, figures, resources. The same answers in every format."""

from typing import Final

from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from intake import monitoring
from intake.errors import NotBuilt
from intake.filters import one_of
from intake.parameters import read_parameters
from intake.views.answers import json_answer

HISTORY: Final = (
    "Resource alerts are not stored yet, so there are none of the past to show; without `history` "
    "those of now are answered."
)


def overview(request: HttpRequest, client: Client) -> HttpResponse:
    read_parameters(request.GET, {})
    return json_answer(monitoring.overview(client.institution_id))


def services(request: HttpRequest, client: Client) -> HttpResponse:
    read_parameters(request.GET, {})
    return json_answer(monitoring.service_list())


def services_status(request: HttpRequest, client: Client) -> HttpResponse:
    read_parameters(request.GET, {})
    return json_answer(monitoring.service_states())


def metrics(request: HttpRequest, client: Client) -> HttpResponse:
    read_parameters(request.GET, {})
    return json_answer(monitoring.metrics(client.institution_id))


def alerts(request: HttpRequest, client: Client) -> HttpResponse:
    """Thresholds that are reached now; 501 with `history=true`."""
    asked = read_parameters(request.GET, {"history": one_of("true", "false")})
    if asked.get("history") == "true":
        raise NotBuilt(HISTORY)
    return json_answer(monitoring.alerts())
