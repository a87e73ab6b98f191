"""Checks servers that the operator named in DATABASE_URL and REDIS_URL."""

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fraudshield.launcher.binaries import OLDEST_POSTGRES, OLDEST_REDIS, OLDEST_VALKEY
from fraudshield.launcher.errors import LauncherError

_SECONDS = 5
_DATABASE_FORM = (
    "DATABASE_URL must look like postgresql://user:password@host:5432/database; correct it, or "
    "unset it for a private server."
)


def check_database(url: str) -> None:
    """Raises LauncherError unless a PostgreSQL new enough answers there."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise LauncherError(_DATABASE_FORM)
    try:
        connection = psycopg2.connect(url, connect_timeout=_SECONDS)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise LauncherError(
            f"DATABASE_URL cannot be used: {reason}; start that server, correct the address, or "
            "unset it for a private server."
        ) from None
    except psycopg2.Error:  # not an address at all; the message would repeat it, password included
        raise LauncherError(_DATABASE_FORM) from None
    major = connection.server_version // 10_000
    connection.close()
    if major < OLDEST_POSTGRES:
        raise LauncherError(
            f"DATABASE_URL leads to PostgreSQL {major} and {OLDEST_POSTGRES} or newer is needed; "
            "name a newer server, or unset it for a private one."
        )


def check_redis(url: str) -> str | None:
    """Raises LauncherError unless a Redis or Valkey new enough answers; returns a warning or None.

    A server that evicts keys would silently lose counters and queued work.
    """
    try:
        with redis.Redis.from_url(
            url,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            facts = client.info()
    except ValueError:
        raise LauncherError(
            "REDIS_URL must look like redis://:password@host:6379/0; correct it, or unset it for "
            "a private server."
        ) from None
    except redis.RedisError as error:
        raise LauncherError(
            f"REDIS_URL cannot be used: {error}; start that server, correct the address, or unset "
            "it for a private server."
        ) from None
    _check_redis_version(facts)
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        return None
    return f"Redis evicts keys when memory is short (maxmemory-policy {policy}); set noeviction."


def _check_redis_version(facts: dict[str, str]) -> None:
    kind, oldest = "Redis", OLDEST_REDIS
    version = str(facts.get("redis_version", "0"))
    if "valkey_version" in facts:
        kind, oldest, version = "Valkey", OLDEST_VALKEY, str(facts["valkey_version"])
    if int(version.partition(".")[0]) < oldest:
        raise LauncherError(
            f"REDIS_URL leads to {kind} {version} and {oldest} or newer is needed; name a newer "
            "server, or unset it for a private one."
        )
