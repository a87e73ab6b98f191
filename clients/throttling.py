"""How much a client may ask for: so many requests in any window of its tier, whichever workers
answer them.

Exact: of any window's length, wherever it begins, no more than the limit are let in, since the
time of each one is kept (about 20 bytes; they expire with the window). Refused requests cost
nothing. Without Redis everybody is let in: a decision is worth more than a limit.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import Counter

from clients.authentication import Client, ClientTier
from foundation.errors import TooManyRequests
from foundation.redis_scripts import Lua, RedisUnavailableError, run_script

THROTTLED = Counter(
    "requests_throttled_total", "Requests refused for their tier's limit.", ["tier"]
)
UNLIMITED = Counter(
    "requests_unlimited_total", "Requests let in uncounted, because Redis did not answer."
)

_TAKE: Final = Lua((Path(__file__).parent / "throttling.lua").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a window after a request. `seconds` until one more is free, rounded up."""

    tier: ClientTier
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """RateLimit fields for HTTP (draft-ietf-httpapi-ratelimit-headers-10)."""
        tier = self.tier
        return {
            "RateLimit-Policy": f'"{tier.name}";q={tier.requests};w={tier.window_seconds}',
            "RateLimit": f'"{tier.name}";r={self.left};t={self.seconds}',
        }


def take(client: Client) -> Allowance | None:
    """Count one request of the client; what is left, or None when Redis does not answer.

    Raises TooManyRequests with Retry-After when nothing was left. One round trip.
    """
    tier = client.tier
    answer = ask(client.throttled_as, requests=tier.requests, seconds=tier.window_seconds)
    if answer is None:
        UNLIMITED.inc()
        return None
    admitted, left, wait = answer
    allowance = Allowance(tier, left, wait)
    if admitted:
        return allowance
    THROTTLED.labels(tier.name).inc()
    raise TooManyRequests(
        f"The tier {tier.name} allows {tier.requests:,} requests in {tier.window_seconds} seconds.",
        retry_after=max(1, allowance.seconds),
        headers=allowance.headers(),
    )


def ask(caller: str, *, requests: int, seconds: int) -> tuple[bool, int, int] | None:
    """Whether the caller is let in, how many more would be, and seconds until one is free.

    Counts the request when it is. None when Redis does not answer. One round trip.
    """
    limits = [str(requests).encode(), str(seconds).encode()]
    try:
        answer = run_script(_TAKE, f"fs:rate:{caller}", limits)
    except RedisUnavailableError:
        return None
    admitted, left, wait = answer.split()
    return admitted == b"1", int(left), math.ceil(int(wait) / 1e6)
