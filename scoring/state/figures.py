"""How the counters are doing, for operators: memory, busiest entities, how far back they reach."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from clients.models import Institution
from foundation.redis_scripts import patient_client
from scoring.state.counters import keys_of, state_name


@dataclass(frozen=True, slots=True)
class StateOf:
    """One institution's state. `reach_seconds` is how far back it is complete: None without end.

    `hot` counts the hot entities by kind, `busiest` is the most events that one of a kind had
    within its shortest window.
    """

    institution: str
    reach_seconds: float | None
    hot: dict[str, int]
    busiest: dict[str, int]


@dataclass(frozen=True, slots=True)
class StateFigures:
    memory_bytes: int  # all that Redis holds, the queue of tasks among it
    states: tuple[StateOf, ...]


def state_figures() -> StateFigures:
    """One query, and a few commands for each institution. Raises RedisUnavailableError."""
    institutions = Institution.objects.order_by("slug").values_list("pk", "slug")
    with patient_client(seconds=1) as server:
        memory = server.info("memory")["used_memory"]
        states = [_state(server, pk, slug) for pk, slug in institutions]
    return StateFigures(int(memory), tuple(state for state in states if state))


def _state(server: redis.Redis, institution_id: int, slug: str) -> StateOf | None:
    name = state_name(institution_id)
    generation, since, newest = server.hmget(name, "generation", "complete_since", "newest")
    if generation is None or since is None:
        return None
    hot: Counter[str] = Counter()
    busiest: dict[str, int] = {}
    hour = int(float(newest or 0) // 3_600)
    key = f"{keys_of(institution_id, str(generation, 'ascii'))}hot:{hour}"  # type: ignore[arg-type]
    ranked: list[Any] = server.zrange(key, 0, -1, desc=True, withscores=True)
    for member, events in ranked:
        kind = member.partition(b":")[0].decode()
        hot[kind] += 1
        busiest.setdefault(kind, int(events))
    began = float(since)
    reach = None if began < 0 else max(0.0, datetime.now(UTC).timestamp() - began)
    return StateOf(slug, reach, dict(hot), busiest)
