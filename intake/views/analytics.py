"""Figures over the institution's own decisions and labels: GET, with days and industry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict

from analytics.accuracy import Accuracy, accuracy
from analytics.advice import Advice, threshold_advice
from analytics.distribution import Distribution, risk_distribution
from analytics.patterns import Patterns, transaction_patterns
from analytics.performance import Performance, performance
from analytics.period import LONGEST, Period, last_days
from analytics.trends import Trends, fraud_trends
from analytics.verticals import VerticalMetrics, vertical_metrics, verticals_in_force
from clients.authentication import Client
from foundation.errors import FieldError, NotFound, Unavailable
from intake.doors import door
from intake.errors import Wrong, fields_problem
from intake.extras import printable
from intake.formats.native import NATIVE
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


class VerticalAdvice(Advice, frozen=True, kw_only=True):
    """Advice on one vertical's decline threshold; docs/feedback.md tells the method."""

    industry: str
    days: int


class VerticalsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Every vertical in force, by code."""

    days: int
    verticals: tuple[VerticalMetrics, ...]


def read_asked(given: QueryDict, *, days: int = DAYS, industry: bool = True) -> Asked:
    """Raises BadRequest naming every parameter that is unknown, given twice or wrong."""
    readers = _READERS if industry else {"days": _days}
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    for name in given:
        try:
            values[name] = _read(name, given.getlist(name), readers)
        except Wrong as wrong:
            errors.append(FieldError(printable(name[:64]), wrong.message, wrong.code))
    if errors:
        raise fields_problem(errors)
    return Asked(values.get("days", days), values.get("industry"))


def _read(name: str, values: list[str], readers: Mapping[str, Callable[[str], Any]]) -> Any:
    if name not in readers:
        raise Wrong(f"is not a parameter; there are {', '.join(readers)}", "unknown")
    if len(values) != 1:
        raise Wrong("is given more than once", "conflict")
    return readers[name](values[0])


def _days(text: str) -> int:
    sane = text.isascii() and text.isdecimal() and len(text) <= len(str(LONGEST))
    if not sane or not 1 <= int(text) <= LONGEST:
        raise Wrong(f"must be a whole number from 1 to {LONGEST}", "range")
    return int(text)


def _industry(text: str) -> str:
    if text not in VERTICALS:
        raise Wrong(f"must be one of {', '.join(VERTICALS)}", "choice")
    return text


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {"days": _days, "industry": _industry}

Figure = Callable[[int, Period, str | None], msgspec.Struct]


def _figures(figure: Figure, endpoint: str) -> Callable[[HttpRequest], HttpResponse]:
    @door(wire=NATIVE, endpoint=endpoint, scope="read")
    def view(request: HttpRequest, client: Client) -> HttpResponse:
        asked = read_asked(request.GET)
        return _json(figure(client.institution_id, asked.period, asked.industry))

    return view


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
    return _json(advise_on(client.institution_id, asked.industry or DEFAULT_VERTICAL, asked.days))


def advise_on(institution_id: int, vertical: str, days: int = ADVICE_DAYS) -> VerticalAdvice:
    """Three queries. Raises Unavailable before a ruleset with that vertical is published."""
    config = verticals_in_force().get(vertical)
    if config is None:
        raise Unavailable("No ruleset with this vertical is published yet; run load_rules.")
    told = threshold_advice(
        institution_id,
        last_days(days),
        vertical=vertical,
        review=config.review_threshold,
        current=config.fraud_score_threshold,
    )
    return VerticalAdvice(industry=vertical, days=days, **msgspec.structs.asdict(told))


@door(wire=NATIVE, endpoint="analytics_verticals", scope="read")
def verticals_view(request: HttpRequest, client: Client) -> HttpResponse:
    asked = read_asked(request.GET)
    found = vertical_metrics(client.institution_id, asked.period, asked.industry)
    return _json(VerticalsAnswer(days=asked.days, verticals=found))


@door(wire=NATIVE, endpoint="analytics_vertical", scope="read")
def vertical_view(request: HttpRequest, client: Client, vertical: str) -> HttpResponse:
    asked = read_asked(request.GET, industry=False)
    found = vertical_metrics(client.institution_id, asked.period, vertical)
    if not found:
        raise NotFound("There is no such vertical.")
    return _json(found[0])


def _json(found: msgspec.Struct) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(found), content_type="application/json")
