"""Reading back what is stored: transactions and predictions, in pages."""

from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from intake.views.answers import json_answer
from intake.views.gateway.filters import read_gateway_filters
from intake.views.gateway.listing import list_predictions, list_stored


def transactions(request: HttpRequest, client: Client) -> HttpResponse:
    """Stored transactions, newest arrival first."""
    filters = read_gateway_filters(request.GET)
    return json_answer(list_stored(client.institution_id, filters))


def predictions(request: HttpRequest, client: Client) -> HttpResponse:
    """The same transactions' predictions."""
    filters = read_gateway_filters(request.GET)
    return json_answer(list_predictions(client.institution_id, filters))
