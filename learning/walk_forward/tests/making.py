"""Small made-up worlds in a folder, laid out as the benchmark's export does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 4


@dataclass(frozen=True)
class World:
    """A tenth of the merchants is bad, and so are amounts far above the usual. Amounts are about
    36 `scale`; `delay` is the days that a label takes, or the shortest and longest; from the day
    `drift` on other merchants are bad. `more` adds columns of many kinds."""

    history_days: int = 40
    a_day: int = 60
    scale: float = 1.0
    delay: float | tuple[float, float] = 2.0
    only_frauds: bool = False
    drift: int | None = None
    more: bool = False
    quiet: tuple[int, ...] = ()  # days to come without events, counted from 0
    first_id: int = 0


def data_of(world, seed=5):
    chance = np.random.default_rng(seed)
    span = world.history_days + DAYS
    count = span * world.a_day
    seconds = np.sort(chance.random(count)) * span * 86_400
    merchant, amount = chance.integers(0, 20, count), chance.gamma(2, 18, count)
    bad = merchant < 2
    if world.drift is not None:
        bad = np.where(seconds < world.drift * 86_400, bad, merchant > 17)
    fraud = (bad & (chance.random(count) < 0.6)) | (amount > 110)
    shortest, longest = np.broadcast_to(world.delay, 2)
    delays = chance.uniform(shortest, longest + 1e-9, count) * 86_400
    frame = pl.DataFrame(
        {
            "tx_id": np.arange(count) + world.first_id,
            "ts": [START + timedelta(seconds=float(s)) for s in seconds],
            "customer_id": [f"c{n}" for n in chance.integers(0, 40, count)],
            "merchant_id": [f"m{n}" for n in merchant],
            "amount": amount * world.scale,
            "region": [("north", "south")[n] for n in chance.integers(0, 2, count)],
            "y": fraud.astype(int),
            "label_ts": [
                START + timedelta(seconds=float(s + d))
                for s, d in zip(seconds, delays, strict=True)
            ],
        }
    )
    if world.more:
        frame = frame.with_columns(*_more(chance, count))
    days = (pl.col("ts") - START).dt.total_days() - world.history_days
    return frame.filter(~days.is_in(world.quiet))


def _more(chance, count):
    """A device, a channel, a merchant's category, a country; and columns that nobody knows."""
    gaps = chance.random(count) < 0.3
    return [
        pl.Series("device_id", [f"d{n}" for n in chance.integers(0, 60, count)]),
        pl.Series("channel", [None if gap else "app" for gap in gaps]),
        pl.Series("mcc", chance.integers(5_000, 5_010, count)),
        pl.Series("country", [("NG", "GH", None)[n] for n in chance.integers(0, 3, count)]),
        pl.Series("score_of_others", np.where(gaps, np.nan, chance.normal(size=count))),
        pl.Series("basket", [f"b{n}" for n in chance.integers(0, 90, count)]),
        pl.Series("nothing", [None] * count),
        pl.Series("constant", [7] * count),
        pl.Series("on_sale", gaps),
        pl.Series("bought_at", [START] * count),
    ]


def lay_out(folder, data, world):
    """As the benchmark's export does."""
    first = START + timedelta(days=world.history_days)
    labels = data.select("tx_id", "y", "label_ts")
    if world.only_frauds:
        labels = labels.filter(pl.col("y") == 1)
    events = data.drop("y", "label_ts")
    events.filter(pl.col("ts") < first).write_parquet(folder / "history_events.parquet")
    labels.filter(pl.col("label_ts") <= first).write_parquet(folder / "history_labels.parquet")
    for day in range(DAYS):
        morning = first + timedelta(days=day)
        today = pl.col("ts").is_between(morning, morning + timedelta(days=1), closed="left")
        known = pl.col("label_ts").is_between(
            max(first, morning - timedelta(days=1)), morning, closed="right"
        )
        events.filter(today).write_parquet(folder / f"day_{day}_events.parquet")
        labels.filter(known).write_parquet(folder / f"day_{day}_labels.parquet")


def to_come(data, world):
    """The events that are to be predicted."""
    return data.filter(pl.col("ts") >= START + timedelta(days=world.history_days))
