"""Wakes a worker soon after an event was stored, without cost or risk for the request."""

import logging
import os
import threading
import time
from typing import Any

import redis
from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)

DRAIN_TASK = "foundation.tasks.drain_outbox"
# Set while a wake-up is on its way, by all processes: the queue holds one, not one per decision.
# It runs out by itself, in case the message is lost.
MARKER = "outbox:nudged"
_MARKER_SECONDS = 10
_PAUSE = 0.2  # seconds between two wake-ups of one process
_SILENCE = 60.0  # seconds between two log lines about a dead broker


class Nudger:
    """A flag and one daemon thread that turns it into Celery messages."""

    def __init__(self) -> None:
        self.flag = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._complained_at = float("-inf")
        self._redis: redis.Redis | None = None

    def nudge(self) -> None:
        if self.flag.is_set():  # cheaper than set(), which takes a lock
            return
        if self._thread is None:
            self._start()
        self.flag.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="nudge", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # no thread to be had, or the process is ending
                    return
                self._thread = thread

    def _run(self) -> None:
        while True:
            self.flag.wait()
            self.flag.clear()  # before sending: an event stored from here on sets it again
            self.send()
            time.sleep(_PAUSE)

    def send(self) -> None:
        """One wake-up, unless one is under way; a dead broker is logged once a minute."""
        try:
            if self._client().set(MARKER, 1, nx=True, ex=_MARKER_SECONDS):
                current_app.send_task(DRAIN_TASK, retry=False, expires=_MARKER_SECONDS)
        except Exception as error:  # noqa: BLE001  the edge: nothing may end this thread
            if time.monotonic() - self._complained_at >= _SILENCE:
                self._complained_at = time.monotonic()
                log.warning("No worker could be woken: %s", type(error).__name__)

    def _client(self) -> redis.Redis:
        if self._redis is None:
            self._redis = redis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2
            )
        return self._redis


def clear_marker() -> None:
    """Called by the drain before it looks: an event stored from now on sends a wake-up anew.

    Without Redis there is nothing to clear, and no harm.
    """
    try:
        _nudger._client().delete(MARKER)
    except redis.RedisError:
        log.debug("The marker of the outbox could not be cleared")


_nudger = Nudger()


def nudge() -> None:
    """Asks for a drain, soon. Never waits, never raises: below a microsecond while the flag is set.

    At most five messages a second leave a process. When none gets through, the sweeper (every
    2 s) finds the events anyway.
    """
    _nudger.nudge()


def _after_fork(**_: Any) -> None:
    """A forked child has neither the thread nor a usable connection or lock."""
    global _nudger
    _nudger = Nudger()


os.register_at_fork(after_in_child=_after_fork)
