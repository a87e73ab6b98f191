"""How the parts of this installation are, as client systems may see it.

Each figure is measured or counted when asked for; nothing is kept, so there is no history.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from analytics.period import last_days
from analytics.trends import TrendDay, fraud_trends
from foundation.outbox import OutboxStatus
from intake.health import Health, check_health
from operations.resources import Resource, ResourceAlert, alerts_of, measure

LATE_SECONDS: Final = 60.0
"""An event that waits longer means that no worker is at it."""

State = Literal["healthy", "degraded", "unhealthy", "not_available"]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One of the services that clients know, and what it stands on. `detail` says what is wrong,
    or what is missing of one that is not there yet."""

    name: str
    status: State
    needs: tuple[str, ...]
    detail: str


class ServiceList(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is that of the worst service that decisions need."""

    status: str
    services: tuple[Service, ...]
    total: int
    healthy: int
    timestamp: datetime


class ServiceStates(msgspec.Struct, frozen=True, kw_only=True):
    """The same by name, with the components below them."""

    status: str
    services: dict[str, Service]
    components: dict[str, State]
    timestamp: datetime


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything. `today` counts this institution's transactions since midnight UTC."""

    status: str
    version: str
    services: dict[str, State]
    components: dict[str, State]
    resources: tuple[Resource, ...]
    active_alerts: int
    today: TrendDay
    timestamp: datetime


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the moment. Percent of the machine that answers; `outbox` is null while the
    database does not answer."""

    cpu_percent: float
    memory_percent: float
    disk_percent: float
    thresholds: dict[str, float]
    outbox: OutboxStatus | None
    rules_loaded: int
    ruleset: int | None
    model_loaded: bool
    today: TrendDay
    timestamp: datetime


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds that are reached now."""

    alerts: tuple[ResourceAlert, ...]
    total: int
    thresholds: dict[str, float]
    timestamp: datetime


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "gateway": ("database",),
    "ingest": ("database", "ruleset", "redis"),
    "scoring": ("database", "ruleset", "redis"),
    "storage": ("database",),
    "analytics": ("database",),
    "monitoring": (),
    "webhooks": ("database", "worker"),
    "notification": (),
    "batch": (),
}
"""What each service stands on."""

_MISSING: Final[Mapping[str, str]] = {
    "notification": "Notifications by e-mail are not there yet.",
    "batch": "Batch jobs are not there yet.",
}
_WORSE: Final[tuple[State, ...]] = ("healthy", "degraded", "unhealthy")


def components_of(health: Health) -> dict[str, State]:
    """Without Redis decisions go on with something missing; without the others they don't."""
    return {
        "database": "healthy" if health.database_connected else "unhealthy",
        "redis": "healthy" if health.redis_connected else "degraded",
        "ruleset": "healthy" if health.ruleset is not None else "unhealthy",
        "worker": _worker(health.outbox),
    }


def _worker(outbox: OutboxStatus | None) -> State:
    if outbox is None:
        return "unhealthy"
    late = outbox["oldest_seconds"] > LATE_SECONDS
    return "degraded" if late or outbox["poisoned"] else "healthy"


def _services(components: Mapping[str, State]) -> tuple[Service, ...]:
    return tuple(_service(name, needs, components) for name, needs in _NEEDS.items())


def _service(name: str, needs: tuple[str, ...], components: Mapping[str, State]) -> Service:
    if name in _MISSING:
        return Service(name=name, status="not_available", needs=(), detail=_MISSING[name])
    status: State = max((components[need] for need in needs), key=_WORSE.index, default="healthy")
    ill = [f"{need} is {components[need]}" for need in needs if components[need] != "healthy"]
    return Service(name=name, status=status, needs=needs, detail="; ".join(ill))


def service_list() -> ServiceList:
    health = check_health()
    services = _services(components_of(health))
    return ServiceList(
        status=health.status,
        services=services,
        total=len(services),
        healthy=sum(service.status == "healthy" for service in services),
        timestamp=datetime.now(UTC),
    )


def service_states() -> ServiceStates:
    health = check_health()
    components = components_of(health)
    return ServiceStates(
        status=health.status,
        services={service.name: service for service in _services(components)},
        components=components,
        timestamp=datetime.now(UTC),
    )


def overview(institution_id: int) -> Overview:
    """Two queries besides those of health."""
    health = check_health()
    components = components_of(health)
    resources = measure()
    return Overview(
        status=health.status,
        version=health.version,
        services={service.name: service.status for service in _services(components)},
        components=components,
        resources=tuple(resources),
        active_alerts=len(alerts_of(resources)),
        today=_today(institution_id),
        timestamp=datetime.now(UTC),
    )


def metrics(institution_id: int) -> Metrics:
    """Two queries besides those of health."""
    health = check_health()
    used = {one.resource: one for one in measure()}
    return Metrics(
        cpu_percent=used["cpu"].used,
        memory_percent=used["memory"].used,
        disk_percent=used["disk"].used,
        thresholds={name: one.threshold for name, one in used.items()},
        outbox=health.outbox,
        rules_loaded=health.rules_loaded,
        ruleset=health.ruleset,
        model_loaded=health.model_loaded,
        today=_today(institution_id),
        timestamp=datetime.now(UTC),
    )


def _today(institution_id: int) -> TrendDay:
    return fraud_trends(institution_id, last_days(1)).trends[-1]


def alerts() -> Alerts:
    resources = measure()
    reached = tuple(alerts_of(resources))
    return Alerts(
        alerts=reached,
        total=len(reached),
        thresholds={one.resource: one.threshold for one in resources},
        timestamp=datetime.now(UTC),
    )
