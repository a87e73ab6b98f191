"""What counting a request against its tier's limit takes, by the server's clock and as a trip."""

import time
from collections.abc import Iterable
from contextlib import suppress
from statistics import median
from typing import Any

FIGURES = ("throttle_script_us", "throttle_us")
NEEDS_SERVERS = True

ROUNDS, CALLS, LIMIT = 5, 3_000, 6_000
CALLER = "nobody's"


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    from clients.authentication import Client, ClientTier
    from clients.throttling import take
    from foundation.errors import TooManyRequests
    from foundation.redis_scripts import client

    caller = Client(0, "", "USD", 0, frozenset(), ClientTier("standard", LIMIT), CALLER)
    rounds: dict[str, list[float]] = {"throttle_script_us": [], "throttle_us": []}
    with client() as server:
        for _ in range(ROUNDS):
            server.config_resetstat()
            times = []
            for _ in range(CALLS):
                started = time.perf_counter()
                with suppress(TooManyRequests):  # some are let in, some refused, as it comes
                    take(caller)
                times.append((time.perf_counter() - started) * 1e6)
            inside = server.info("latencystats")["latency_percentiles_usec_evalsha"]["p50"]
            rounds["throttle_script_us"].append(round(inside, 1))
            rounds["throttle_us"].append(round(median(times), 1))
        server.delete(f"fs:rate:{CALLER}")
    for figure in sorted(wanted & rounds.keys()):
        values = rounds[figure]
        yield {"figure": figure, "value": median(values), "unit": "us", "rounds": values}
