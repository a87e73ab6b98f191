"""Whether this instance can decide, asked for by load balancers and people. Never throws."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, TypedDict

import msgspec
import redis
from django.conf import settings
from django.db import connections

from clients.webhooks.queries import WebhookStatus, webhook_status
from foundation.outbox import OutboxStatus, outbox_status
from intake.metrics import live_rules
from rules.queries import published_number
from rules.switching.queries import count_on
from scoring.serving.registry import models_for
from scoring.serving.services import revision

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 0.5
"""An answer is given again for so long: nobody can wear the database out by asking."""
_REDIS_SECONDS: Final = 0.5
_DATABASE_SECONDS: Final = 2.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is "healthy", "degraded" (decides, with something missing) or "unhealthy".

    `switches_on`: verticals under an operator's switch. Which ones, and what they do, stays inside:
    nobody outside need learn that all is let through.
    """

    status: str
    version: str
    rules_loaded: int
    ruleset: int | None
    switches_on: int
    model_loaded: bool
    database_connected: bool
    redis_connected: bool
    outbox: OutboxStatus | None
    webhooks: WebhookStatus | None

    @property
    def can_decide(self) -> bool:
        return self.database_connected and self.ruleset is not None


class _Stored(TypedDict):
    ruleset: int | None
    rules_loaded: int
    switches_on: int
    model: Literal["none", "loaded", "faulty"]
    outbox: OutboxStatus | None
    webhooks: WebhookStatus | None


_lock = threading.Lock()
_last: tuple[float, Health] | None = None
_prober = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


def check_health() -> Health:
    """The state of things, at most half a second old. Takes four or five queries when
    it looks."""
    global _last
    with _lock:
        now = time.monotonic()
        if _last is None or now - _last[0] > FRESH_SECONDS:
            _last = (now, _look())
        return _last[1]


def forget_health() -> None:
    """Makes the next call look again."""
    global _last
    _last = None


def _look() -> Health:
    stored = _ask_database()
    redis_connected = _ask_redis()
    decides = stored is not None and stored["ruleset"] is not None
    return Health(
        status=_status(decides, redis_connected and not _is_faulty(stored)),
        version=settings.VERSION,
        rules_loaded=stored["rules_loaded"] if stored else 0,
        ruleset=stored["ruleset"] if stored else None,
        switches_on=stored["switches_on"] if stored else 0,
        model_loaded=stored is not None and stored["model"] == "loaded",
        database_connected=stored is not None,
        redis_connected=redis_connected,
        outbox=stored["outbox"] if stored else None,
        webhooks=stored["webhooks"] if stored else None,
    )


def _status(decides: bool, complete: bool) -> str:
    if not decides:
        return "unhealthy"
    return "healthy" if complete else "degraded"


def _is_faulty(stored: _Stored | None) -> bool:
    return stored is not None and stored["model"] == "faulty"


def _champion() -> Literal["none", "loaded", "faulty"]:
    """Whether this process has the champion; loads it where no transaction came yet."""
    champion = models_for(revision()).champion
    if champion is None:
        return "none"
    return "faulty" if champion.detector is None else "loaded"


def _ask_database() -> _Stored | None:
    """What the database says, or None when it says nothing in time.

    Asked on a thread of its own, because no setting bounds every way in which a database can hang
    (connecting, a lock, a frozen server); the one thread is all that a hanging one can hold up.
    """
    asked = _prober.submit(_read_state)
    try:
        return asked.result(timeout=_DATABASE_SECONDS)
    except Exception as error:  # noqa: BLE001  the edge: whatever is wrong, the answer says so
        asked.cancel()
        log.warning("health: the database does not answer (%s)", type(error).__name__)
        return None


def _read_state() -> _Stored:
    try:
        number = published_number()
        return {
            "ruleset": number,
            "rules_loaded": live_rules(number) if number else 0,
            "switches_on": count_on(),
            "model": _champion(),
            "outbox": outbox_status(),
            "webhooks": webhook_status(),
        }
    finally:
        connections.close_all()  # of this thread: nothing is held between two looks


def _ask_redis() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=_REDIS_SECONDS,
            socket_timeout=_REDIS_SECONDS,
            retry=None,
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError) as error:
        log.warning("health: Redis does not answer (%s)", type(error).__name__)
        return False
