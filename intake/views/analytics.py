"""Figures over the institution's own decisions and labels: GET, with days and industry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict

from analytics.accuracy import Accuracy, accuracy
from analytics.advice import advise_on
from analytics.distribution import Distribution, risk_distribution
from analytics.patterns import Patterns, transaction_patterns
from analytics.performance import Performance, performance
from analytics.period import LONGEST, Period, last_days
from analytics.trends import Trends, fraud_trends
from analytics.verticals import VerticalMetrics, vertical_metrics
from clients.authentication import Client
from foundation.errors import NotFound, Unavailable
from intake.doors import door
from intake.errors import Wrong
from intake.filters import one_of
from intake.formats.native import NATIVE
from intake.parameters import Readers, read_parameters
from intake.views.answers import json_answer
from rules.definition import VERTICALS

DAYS: Final = 30
ADVICE_DAYS: Final = 90
DEFAULT_VERTICAL: Final = "payments"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    days: int
    industry: str | None

    @property
    def period(self) -> Period:
        return last_days(self.days)


class VerticalsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Every vertical in force, by code."""

    days: int
    verticals: tuple[VerticalMetrics, ...]


def read_asked(given: QueryDict, *, days: int = DAYS, industry: bool = True) -> Asked:
    """Raises BadRequest naming every parameter that is unknown, given twice or wrong."""
    asked = read_parameters(given, _READERS if industry else {"days": _days})
    return Asked(asked.get("days", days), asked.get("industry"))


def _days(text: str) -> int:
    sane = text.isascii() and text.isdecimal() and len(text) <= len(str(LONGEST))
    if not sane or not 1 <= int(text) <= LONGEST:
        raise Wrong(f"must be a whole number from 1 to {LONGEST}", "range")
    return int(text)


_READERS: Final[Readers] = {"days": _days, "industry": one_of(*VERTICALS)}

Figure = Callable[[int, Period, str | None], msgspec.Struct]
Called = Callable[[HttpRequest, Client], HttpResponse]


def answering(figure: Figure) -> Called:
    """What answers with the figure, whichever format's door stands before it."""

    def view(request: HttpRequest, client: Client) -> HttpResponse:
        asked = read_asked(request.GET)
        return json_answer(figure(client.institution_id, asked.period, asked.industry))

    return view


def _figures(figure: Figure, endpoint: str) -> Callable[[HttpRequest], HttpResponse]:
    return door(wire=NATIVE, endpoint=endpoint, scope="read")(answering(figure))


accuracy_view = _figures(accuracy, "analytics_accuracy")
trends_view = _figures(fraud_trends, "analytics_trends")
patterns_view = _figures(transaction_patterns, "analytics_patterns")
distribution_view = _figures(risk_distribution, "analytics_distribution")
performance_view = _figures(performance, "analytics_performance")

FIGURES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "accuracy": Accuracy,
    "fraud-trends": Trends,
    "transaction-patterns": Patterns,
    "risk-distribution": Distribution,
    "model-performance": Performance,
}
"""What each address under /api/v1/analytics/ answers."""


@door(wire=NATIVE, endpoint="analytics_advice", scope="read")
def advice_view(request: HttpRequest, client: Client) -> HttpResponse:
    """Should a vertical's decline threshold move?"""
    asked = read_asked(request.GET, days=ADVICE_DAYS)
    found = advise_on(client.institution_id, asked.industry or DEFAULT_VERTICAL, asked.days)
    if found is None:
        raise Unavailable("No ruleset with this vertical is published yet; run load_rules.")
    return json_answer(found)


@door(wire=NATIVE, endpoint="analytics_verticals", scope="read")
def verticals_view(request: HttpRequest, client: Client) -> HttpResponse:
    asked = read_asked(request.GET)
    found = vertical_metrics(client.institution_id, asked.period, asked.industry)
    return json_answer(VerticalsAnswer(days=asked.days, verticals=found))


@door(wire=NATIVE, endpoint="analytics_vertical", scope="read")
def vertical_view(request: HttpRequest, client: Client, vertical: str) -> HttpResponse:
    asked = read_asked(request.GET, industry=False)
    found = vertical_metrics(client.institution_id, asked.period, vertical)
    if not found:
        raise NotFound("There is no such vertical.")
    return json_answer(found[0])
