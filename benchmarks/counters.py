"""The counters with a million recorded events: the script's time, and what they keep in memory."""

import hashlib
import random
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from statistics import median, quantiles
from typing import Any

FIGURES = (
    "counters_script_p50_us",
    "counters_script_p95_us",
    "counters_p50_us",
    "counters_p95_us",
    "counters_memory_mb_per_million",
)
NEEDS_SERVERS = True

EVENTS = 1_000_000
DAYS = 30
INSTITUTION = 1_000_000_001  # nobody's
BATCH = 1_000
ROUNDS, CALLS = 5, 2_000
CUSTOMERS, MERCHANTS, BENEFICIARIES, ADDRESSES = 50_000, 5_000, 20_000, 40_000
CHANCE = random.Random(11)  # noqa: S311  (the same events in every run; guards nothing)


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    from foundation.redis_scripts import client

    with client() as server:
        before = _used(server)
        _fill()
        if "counters_memory_mb_per_million" in wanted:
            yield {
                "figure": "counters_memory_mb_per_million",
                "value": round((_used(server) - before) / EVENTS),
                "unit": "MB",
                "customers": CUSTOMERS,
                "merchants": MERCHANTS,
                "days": DAYS,
            }
        yield from _timed(server, wanted)
        keys = server.scan_iter(f"fs:{{{INSTITUTION}}}:*", count=10_000)
        while some := list(islice(keys, 5_000)):
            server.unlink(*some)


def _used(server: Any) -> int:
    return int(server.info("memory")["used_memory"])


def _fill() -> None:
    from tqdm import tqdm

    from foundation.redis_scripts import run_many
    from scoring.state.counters import encode, state_name
    from scoring.state.opening import ALWAYS, begin_state
    from scoring.state.script import SCRIPT

    name = state_name(INSTITUTION)
    begin_state(name, ALWAYS)
    with tqdm(total=EVENTS, desc="recording", unit="ev", file=sys.stderr) as bar:
        batch = []
        for recording in _recordings(0, EVENTS):
            batch.append((name, encode(recording)))
            if len(batch) == BATCH:
                run_many(SCRIPT, batch)
                bar.update(BATCH)
                batch = []


def _timed(server: Any, wanted: set[str]) -> Iterator[dict[str, Any]]:
    """The script by the server's own clock, and whole round trips as a decision sees them, of
    events with all eight entities."""
    from scoring.state.opening import record

    rounds: dict[str, list[float]] = {}
    percentiles = server.config_get("latency-tracking-info-percentiles")
    server.config_set("latency-tracking-info-percentiles", "50 95")
    for number in range(ROUNDS):
        times = []
        server.config_resetstat()
        for recording in _recordings(EVENTS + number * CALLS, CALLS):
            started = time.perf_counter()
            record(recording)
            times.append((time.perf_counter() - started) * 1e6)
        inside = server.info("latencystats")["latency_percentiles_usec_evalsha"]
        measured = {
            "counters_script_p50_us": inside["p50"],
            "counters_script_p95_us": inside["p95"],
            "counters_p50_us": median(times),
            "counters_p95_us": _p95(times),
        }
        for figure, value in measured.items():
            rounds.setdefault(figure, []).append(round(value, 1))
    server.config_set(*percentiles.popitem())
    for figure in sorted(wanted & rounds.keys()):
        yield {
            "figure": figure,
            "value": median(rounds[figure]),
            "unit": "us",
            "rounds": rounds[figure],
        }


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _recordings(first: int, how_many: int) -> Iterator[Any]:
    from features.windows.happening import happening
    from scoring.state.counters import Recording

    step = DAYS * 86_400 / EVENTS
    for number in range(first, first + how_many):
        customer = int(CUSTOMERS * CHANCE.random() ** 2)  # some are far busier than others
        amount = float(CHANCE.choice((500, 1_999, 12_500, 80_000)))
        event = happening(
            occurred_at=1_700_000_000.0 + number * step,
            amount=amount,
            amount_in_base=amount,
            amount_in_usd=amount / 1_500,
            transaction_type="purchase",
            parties={
                "customer": _hash("customer", customer),
                "card": _hash("card", customer * 2 + CHANCE.randrange(2)),
                "device": _hash("device", customer),
                "ip": _hash("ip", int(ADDRESSES * CHANCE.random() ** 2)),
                "email": _hash("email", customer),
                "phone": _hash("phone", customer),
                "merchant": _hash("merchant", int(MERCHANTS * CHANCE.random() ** 4)),
                "beneficiary": _hash("beneficiary", int(BENEFICIARIES * CHANCE.random() ** 2)),
            },
            country="NG",
        )
        yield Recording(INSTITUTION, number.to_bytes(12, "big"), event, {"time": ()})


def _hash(kind: str, number: int) -> bytes:
    return hashlib.blake2b(f"{kind}{number}".encode(), digest_size=16).digest()
