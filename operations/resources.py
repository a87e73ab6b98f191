"""How much of this machine is in use, against the thresholds that somebody set."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec
import psutil
from django.conf import settings

FRESH_SECONDS: Final = 1.0
"""A measurement is given again for so long, so that asking often costs nothing."""
SAMPLE_SECONDS: Final = 0.1
"""For so long the CPU is watched: its use is a share of time, and has no value at an instant."""
CRITICAL: Final = 95.0  # percent, whatever the threshold


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """`used` and `threshold` in percent; `status` says whether the threshold is reached."""

    resource: str
    used: float
    threshold: float
    status: Literal["ok", "alert"]


class ResourceAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold that is reached now."""

    resource: str
    severity: Literal["warning", "critical"]
    value: float
    threshold: float
    message: str


def _cpu() -> float:
    return psutil.cpu_percent(interval=SAMPLE_SECONDS)


def _memory() -> float:
    return psutil.virtual_memory().percent


def _disk() -> float:
    # Of the file system that holds what is written: the archive, logs and, in a demo, the database.
    place = settings.STATE_DIR if settings.STATE_DIR.exists() else settings.BASE_DIR
    return psutil.disk_usage(str(place)).percent


_METERS: Final[Mapping[str, Callable[[], float]]] = {"cpu": _cpu, "memory": _memory, "disk": _disk}
_lock = threading.Lock()
_last: tuple[float, Mapping[str, float]] | None = None


def measure() -> list[Resource]:
    """CPU, memory and disk as they are used now, a second old at most. Takes a tenth of a second
    when it measures."""
    global _last
    with _lock:
        now = time.monotonic()
        if _last is None or now - _last[0] > FRESH_SECONDS:
            _last = (now, {name: meter() for name, meter in _METERS.items()})
        used = _last[1]
    return [_judge(name, used[name], float(settings.ALERT_THRESHOLDS[name])) for name in used]


def _judge(name: str, used: float, threshold: float) -> Resource:
    status: Literal["ok", "alert"] = "alert" if used >= threshold else "ok"
    return Resource(resource=name, used=used, threshold=threshold, status=status)


def alerts_of(resources: list[Resource]) -> list[ResourceAlert]:
    """What is over its threshold."""
    return [
        ResourceAlert(
            resource=one.resource,
            severity="critical" if one.used >= CRITICAL else "warning",
            value=one.used,
            threshold=one.threshold,
            message=f"{one.resource} is used to {one.used:g} %; the threshold is "
            f"{one.threshold:g} %.",
        )
        for one in resources
        if one.status == "alert"
    ]
