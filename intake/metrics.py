"""Figures of the doors, and everybody's figures as Prometheus reads them.

With several server processes each keeps its figures in files under PROMETHEUS_MULTIPROC_DIR (the
launcher sets it before any of this is imported); a scrape, answered by one of them, adds them up.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from itertools import count
from time import perf_counter
from typing import Concatenate, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponseBase
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from clients.webhooks.queries import webhook_status
from foundation.outbox import outbox_status
from foundation.redis_scripts import RedisUnavailableError
from learning.archive.status import archive_lag
from rules.definition import State
from rules.models import Ruleset
from rules.queries import published_number
from scoring.state.figures import state_figures

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LATENCY = Histogram(
    "request_latency_seconds", "Time to answer, by address.", ["endpoint"], buckets=_SECONDS
)
DOOR_STAGES = Histogram(
    "door_stage_seconds",
    "Time in each stage of a door.",
    ["stage"],
    buckets=(0.00001, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1),
)
SAMPLED = 8
"""One request in so many has its stages timed."""

STAGES = ("decode", "score")
_observers = [DOOR_STAGES.labels(stage).observe for stage in STAGES]
_turn = count()


def observe_stages(marks: list[float]) -> None:
    """Record `len(STAGES)` durations from one more time marks (perf_counter seconds), at times."""
    if next(_turn) % SAMPLED:
        return
    for index, observe in enumerate(_observers):
        observe(marks[index + 1] - marks[index])


P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


def measured(endpoint: str) -> Callable[[View[P, R]], View[P, R]]:
    """Records how long a view takes, errors included. `endpoint` is a fixed word, never a path:
    each new label value would be kept for ever."""
    observe = LATENCY.labels(endpoint).observe

    def decorate(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def timed(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> R:
            started = perf_counter()
            try:
                return view(request, *args, **kwargs)
            finally:
                observe(perf_counter() - started)

        # wraps() hides from the type checker that it is a plain function
        return timed  # type: ignore[return-value]

    return decorate


def render_metrics(request: HttpRequest | None = None) -> bytes:
    """All figures in Prometheus's text format, of all processes. Four small queries."""
    state = CollectorRegistry()
    state.register(StateCollector())
    counted: bytes = ExportToDjangoView(request).content
    return counted + generate_latest(state)


class StateCollector:
    """What is true now, wherever it was done: read when asked, so that no process has to keep it.

    Figures that need the database are left out while it does not answer.
    """

    def collect(self) -> Iterator[Metric]:
        try:
            number = published_number()
            rules = live_rules(number) if number else 0
            status = outbox_status()
            webhooks = webhook_status()
            lag = archive_lag()
        except (DatabaseError, InterfaceError):
            return
        yield GaugeMetricFamily("active_rules_total", "Live rules.", value=rules)
        yield GaugeMetricFamily("ruleset_number", "Ruleset in force.", value=number or 0)
        yield GaugeMetricFamily(
            "outbox_pending", "Events not handled yet, 10,000 at most.", value=status["pending"]
        )
        yield GaugeMetricFamily(
            "outbox_oldest_seconds", "Age of the oldest of them.", value=status["oldest_seconds"]
        )
        yield GaugeMetricFamily(
            "outbox_poisoned", "Deliveries set aside, 10,000 at most.", value=status["poisoned"]
        )
        yield GaugeMetricFamily(
            "webhooks_waiting",
            "Deliveries not settled yet, 10,000 at most.",
            value=webhooks["waiting"],
        )
        yield GaugeMetricFamily(
            "webhooks_dead", "Deliveries given up, 10,000 at most.", value=webhooks["dead"]
        )
        yield GaugeMetricFamily(
            "webhooks_open_circuits", "Endpoints left alone.", value=webhooks["open_circuits"]
        )
        yield GaugeMetricFamily(
            "archive_lag_seconds", "Age of the oldest decision not archived yet.", value=lag
        )
        yield from _counters()


def _counters() -> Iterator[Metric]:
    """Left out while Redis does not answer."""
    try:
        figures = state_figures()
    except RedisUnavailableError:
        return
    yield GaugeMetricFamily(
        "counters_memory_bytes", "What Redis holds, tasks included.", value=figures.memory_bytes
    )
    reach = GaugeMetricFamily(
        "counters_reach_seconds",
        "How far back the counters are complete; +Inf: from the beginning.",
        labels=["institution"],
    )
    hot = GaugeMetricFamily(
        "counters_hot_entities",
        "Entities with 500 events or more in their shortest window, 100 at most.",
        labels=["institution", "entity"],
    )
    busiest = GaugeMetricFamily(
        "counters_busiest_entity",
        "Events in the shortest window of the busiest of them.",
        labels=["institution", "entity"],
    )
    for state in figures.states:
        seconds = math.inf if state.reach_seconds is None else state.reach_seconds
        reach.add_metric([state.institution], seconds)
        for kind, number in state.hot.items():
            hot.add_metric([state.institution, kind], number)
            busiest.add_metric([state.institution, kind], state.busiest[kind])
    yield from (reach, hot, busiest)


@lru_cache(maxsize=8)
def live_rules(ruleset: int) -> int:
    """How many rules of a published ruleset are live; one query the first time."""
    content = Ruleset.objects.get(number=ruleset).content
    return sum(rule.state == State.LIVE for rule in content.rules)
