"""The deliverer: claims what is due, sends it on threads, records what came of it.

All database work is done by the one thread that runs `deliver_due`; the others speak HTTP only.
Killed between any two lines, it leaves claims that run out, and the next deliverer sends them.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

import redis
from django.conf import settings
from django.utils import timezone as clock

from clients.webhooks.claiming import Claimed, claim
from clients.webhooks.recording import Result, record
from clients.webhooks.sending import send
from clients.webhooks.signing import signature_headers

THREADS: Final = 32
EACH: Final = THREADS // 2
"""Under way to one endpoint at once, so that a slow one leaves threads to the others."""
SECONDS: Final = 45.0
"""After this long a run makes room for other tasks of the worker; the next goes on."""
_GATHER = 0.02  # seconds in which results are gathered to be stored together
_SLOTS = "webhooks:deliverer:"
_SLOT_SECONDS = 60


def deliver_due(*, seconds: float = SECONDS) -> int:
    """Sends what is due until nothing is left or the time is over; how many attempts were made."""
    until = time.monotonic() + seconds
    made = 0
    flying: dict[Future[Result], Claimed] = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
        while True:
            if time.monotonic() < until:
                flying |= {pool.submit(attempt, each): each for each in _claim(flying)}
            if not flying:
                return made
            results = _gather(flying)
            record(results)
            made += len(results)


def _claim(flying: dict[Future[Result], Claimed]) -> Sequence[Claimed]:
    """Looks for more when half of the threads are free: a query each is dearer than a pause."""
    free = THREADS - len(flying)
    if free < THREADS // 2:
        return ()
    under_way: Counter[UUID] = Counter(each.endpoint_id for each in flying.values())
    return claim(free, each=EACH, flying=under_way)


def _gather(flying: dict[Future[Result], Claimed]) -> list[Result]:
    """Takes what is done out of `flying`, after waiting for at least one."""
    wait(flying, return_when=FIRST_COMPLETED)
    done = wait(flying, timeout=_GATHER).done
    for future in done:
        del flying[future]
    return [future.result() for future in done]


def attempt(claimed: Claimed) -> Result:
    """One signed POST. Never raises for what the other side does."""
    at = clock.now()
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"FraudShield/{settings.VERSION}",
        **signature_headers(claimed.secrets, event_id=claimed.event_id, body=claimed.body, at=at),
    }
    return Result(claimed, at, send(claimed.url, claimed.body, headers))


@contextmanager
def one_of(slots: int) -> Iterator[bool]:
    """Whether this run is among the first so many of the installation.

    Slow receivers would otherwise take every process of every worker in turn. Kept in Redis for a
    minute at most, so that a killed run frees its slot; when Redis does not answer, everybody may
    run: claims keep them apart.
    """
    lock = None
    free = False
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
        )
        for number in range(slots):
            lock = client.lock(f"{_SLOTS}{number}", timeout=_SLOT_SECONDS, blocking=False)
            if free := lock.acquire():
                break
    except redis.RedisError:
        free, lock = True, None
    try:
        yield free
    finally:
        if free and lock is not None:
            _release(lock)


def _release(lock: "redis.lock.Lock") -> None:
    """One that ran out meanwhile, or a Redis that is gone, needs no release."""
    with suppress(redis.RedisError):
        lock.release()
