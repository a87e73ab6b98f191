"""The figures of the analytics room under the format's addresses."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict

from analytics.distribution import risk_distribution
from analytics.patterns import transaction_patterns
from analytics.performance import performance
from analytics.period import LONGEST, Period, last_days
from analytics.trends import fraud_trends
from clients.authentication import Client
from foundation.errors import FieldError
from intake.errors import fields_problem
from intake.views.gateway.scoring import json_response
from rules.definition import VERTICALS

DAYS = 30

Figures = Callable[[int, Period, str | None], msgspec.Struct]
Called = Callable[[HttpRequest, Client], HttpResponse]


def _answering(figures: Figures) -> Called:
    def view(request: HttpRequest, client: Client) -> HttpResponse:
        days, vertical = _read(request.GET)
        return json_response(figures(client.institution_id, last_days(days), vertical))

    return view


def _read(given: QueryDict) -> tuple[int, str | None]:
    """`days` and `industry`. Raises BadRequest naming what is unknown, given twice or wrong."""
    errors: list[FieldError] = []
    values: dict[str, Any] = {"days": DAYS, "industry": None}
    for name in given:
        texts = given.getlist(name)
        if name not in values:
            message = "is not a parameter; there are days, industry"
            errors.append(FieldError(name[:64], message, "unknown"))
        elif len(texts) != 1:
            errors.append(FieldError(name, "is given more than once", "conflict"))
        elif name == "industry":
            values[name] = texts[0]
            if texts[0] not in VERTICALS:
                message = f"must be one of {', '.join(VERTICALS)}"
                errors.append(FieldError(name, message, "choice"))
        elif not _is_days(texts[0]):
            message = f"must be a whole number from 1 to {LONGEST}"
            errors.append(FieldError(name, message, "range"))
        else:
            values[name] = int(texts[0])
    if errors:
        raise fields_problem(errors)
    return values["days"], values["industry"]


def _is_days(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= LONGEST


trends = _answering(fraud_trends)
patterns = _answering(transaction_patterns)
distribution = _answering(risk_distribution)
model_performance = _answering(performance)
