"""What the features of recorded history cost: as many events as the Handbook's, in one pass."""

import resource
from collections.abc import Iterable
from time import perf_counter, process_time
from typing import Any

FIGURES = ("offline_features_s",)
NEEDS_SERVERS = True  # none is asked, but the settings want them

EVENTS = 1_750_000
DAYS, CUSTOMERS, MERCHANTS = 183, 5_000, 10_000
FRAUDS_OF_THOUSAND, DELAY_DAYS = 8, 7


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    """`cpu` is the processor time of all threads, which a busy machine does not lengthen."""
    import django

    django.setup()
    from learning.offline.columns import understand
    from learning.offline.engine import Engine

    events, labels = _history()
    engine = Engine(understand(events), batch_seconds=86_400.0)
    engine.labels(labels)
    start, cpu = perf_counter(), process_time()
    made = engine.events(events)
    yield {
        "figure": "offline_features_s",
        "value": round(perf_counter() - start, 1),
        "unit": "seconds",
        "cpu": round(process_time() - cpu, 1),
        "events": len(made),
        "features": len(made.columns),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _history() -> Any:
    import polars as pl

    def one_of(many: int, seed: int) -> pl.Expr:
        return pl.col("tx_id").hash(seed) % many

    numbered = pl.DataFrame({"tx_id": pl.int_range(EVENTS, eager=True)})
    events = numbered.with_columns(
        occurred_at=pl.col("tx_id") * (DAYS * 86_400 / EVENTS) + 1.77e9,
        customer_id=pl.format("C{}", one_of(CUSTOMERS, 1)),
        merchant_id=pl.format("M{}", one_of(MERCHANTS, 2)),
        amount=(one_of(20_000, 3) + 1) / 100,
    )
    labels = events.filter(one_of(1_000, 4) < FRAUDS_OF_THOUSAND).select(
        "tx_id", y=pl.lit(1), known_at=pl.col("occurred_at") + DELAY_DAYS * 86_400
    )
    return events, labels
