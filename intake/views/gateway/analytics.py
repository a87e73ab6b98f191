"""The figures of the analytics room under the format's addresses."""

from collections.abc import Callable

import msgspec
from django.http import HttpRequest, HttpResponse

from analytics.distribution import risk_distribution
from analytics.patterns import transaction_patterns
from analytics.performance import performance
from analytics.period import Period
from analytics.trends import fraud_trends
from clients.authentication import Client
from intake.views.analytics import read_asked
from intake.views.gateway.scoring import json_response

Figures = Callable[[int, Period, str | None], msgspec.Struct]
Called = Callable[[HttpRequest, Client], HttpResponse]


def _answering(figures: Figures) -> Called:
    def view(request: HttpRequest, client: Client) -> HttpResponse:
        asked = read_asked(request.GET)
        return json_response(figures(client.institution_id, asked.period, asked.industry))

    return view


trends = _answering(fraud_trends)
patterns = _answering(transaction_patterns)
distribution = _answering(risk_distribution)
model_performance = _answering(performance)
