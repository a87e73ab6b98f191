"""Figures of the hot path for Prometheus."""

from functools import lru_cache
from itertools import count

from prometheus_client import Counter, Histogram

FRAUD_CHECKS = Counter("fraud_checks", "Decisions made.", ["industry", "status"])
FRAUD_SCORE = Histogram("fraud_score", "Fraud scores given.", buckets=(0, 20, 40, 60, 80, 100))
STAGE_SECONDS = Histogram(
    "scoring_stage_seconds",
    "Time in each stage of a decision.",
    ["stage"],
    buckets=(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5),
)
RULE_ERRORS = Counter("rule_errors", "Rules skipped because they raised.", ["rule"])
REPLAYED = Counter("fraud_checks_replayed", "Requests answered with a stored decision.")

DEGRADED = Counter("fraud_checks_degraded", "Decisions made without a part.", ["part"])

SAMPLED = 8
"""One decision in so many has its stages timed: all figures of each would cost 5 % of it."""

STAGES = ("prepare", "gather", "counters", "features", "models", "rules", "decide", "write")
_observers = {stage: STAGE_SECONDS.labels(stage).observe for stage in STAGES}


_turn = count()


@lru_cache(maxsize=256)  # looking a labelled child up takes as long as counting with it
def checks_counter(industry: str, status: str) -> Counter:
    return FRAUD_CHECKS.labels(industry, status)


def observe_stages(marks: list[float]) -> None:
    """Record `len(STAGES)` durations from one more time marks (perf_counter s), at times."""
    if next(_turn) % SAMPLED:
        return
    for index, stage in enumerate(STAGES):
        _observers[stage](marks[index + 1] - marks[index])
