"""Scripts on the Redis server: one connection for each thread, with a short time-out and a pause
after a failure."""

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as TimedOut
from redis.retry import Retry

PAUSE_SECONDS = 1.0
"""After a failure nobody asks for so long: each would wait for the same time-out."""

logger = logging.getLogger(__name__)
_threads = threading.local()
_resume_at = 0.0


class RedisUnavailableError(Exception):
    """Redis did not answer in time, refused, or failed a moment ago."""


class Script(Protocol):
    """A server-side script; `sha` is the name by which the server knows it."""

    @property
    def text(self) -> str: ...
    @property
    def sha(self) -> str: ...


@dataclass(frozen=True)
class Lua:
    """A script that stands as it is."""

    text: str

    @cached_property
    def sha(self) -> str:
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


def run_script(script: Script, key: str, arguments: Sequence[bytes]) -> bytes:
    """The script's answer. Raises RedisUnavailableError; then it may have been carried out."""
    global _resume_at
    if time.monotonic() < _resume_at:
        raise RedisUnavailableError("Redis failed a moment ago")
    try:
        return _run(script, key, arguments)
    except (RedisError, OSError) as error:
        _resume_at = time.monotonic() + PAUSE_SECONDS
        if isinstance(error, ResponseError):  # not out of reach, but out of order
            logger.error("Redis refuses a script: %s", error)
        raise RedisUnavailableError(f"{type(error).__name__}") from error


def _run(script: Script, key: str, arguments: Sequence[bytes]) -> bytes:
    command = ("EVALSHA", script.sha, 1, key, *arguments)
    try:
        return _ask(*command)
    except NoScriptError:
        _ask("SCRIPT", "LOAD", script.text)
        return _ask(*command)
    except TimedOut:
        raise
    except ConnectionLost:  # the server was restarted since; the script takes no event twice
        return _ask(*command)


def _ask(*command: Any) -> bytes:
    # Commands go straight over the connection: the client's own call costs three times as much.
    connection = _connection()
    try:
        connection.send_command(*command)
        answer: bytes = connection.read_response(disable_decoding=True)
        return answer
    except (ConnectionLost, TimedOut, OSError):
        connection.disconnect()  # an answer may still come, and would be taken for the next one's
        raise


def _connection() -> Any:
    connection = getattr(_threads, "connection", None)
    if connection is None or _threads.url != settings.REDIS_URL:
        connection = _pool(settings.REDIS_URL).make_connection()
        _threads.connection, _threads.url = connection, settings.REDIS_URL
    return connection


def _pool(url: str) -> ConnectionPool:
    seconds = settings.REDIS_TIMEOUT_MS / 1000
    return ConnectionPool.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


def run_many(script: Script, calls: Iterable[tuple[str, Sequence[bytes]]]) -> list[bytes]:
    """The script's answers to many calls (key, arguments), in one round trip.

    For work after the decision: it waits longer. Raises RedisUnavailableError; some of the calls
    may have been carried out.
    """
    with patient_client() as server, server.pipeline(transaction=False) as pipe:
        pipe.script_load(script.text)
        for key, arguments in calls:
            pipe.evalsha(script.sha, 1, key, *arguments)
        answers: list[bytes] = pipe.execute()[1:]
        return answers


@contextmanager
def patient_client(*, seconds: float = 30) -> Iterator[redis.Redis]:
    """For work outside of the hot path. Raises RedisUnavailableError when Redis fails."""
    try:
        with client(seconds=seconds) as server:
            yield server
    except (RedisError, OSError) as error:
        raise RedisUnavailableError(type(error).__name__) from error


def client(*, seconds: float = 30) -> redis.Redis:
    """A connection that waits longer than a decision may; raises what the library raises."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=seconds,
        socket_connect_timeout=min(seconds, 5),
        protocol=2,
    )


def forget_failure() -> None:
    """Ask again at once; for tests and for commands that have seen the server."""
    global _resume_at
    _resume_at = 0.0
