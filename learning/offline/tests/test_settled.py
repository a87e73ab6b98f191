"""Settled transactions, held against the plainest way of counting them."""

import math
import random

import polars as pl
import pytest

from learning.offline.settled import SECONDS, Delays, Settling
from scoring.state.script import SETTLED_BUCKETS

DAY = 86_400.0
START = 1_700_000_000.0


def world(seed):
    """Events of three entities over 50 days, and labels of some, a few of them taken back."""
    chance = random.Random(seed)  # noqa: S311
    times = sorted(START + chance.random() * 50 * DAY for _ in range(300))
    events = [(chance.choice(["a", "b", "c", None]), time) for time in times]
    labels = []
    for entity, time in chance.sample(events, 60):
        known_at = time + chance.uniform(0.2, 14) * DAY
        labels.append((entity, time, known_at, 1.0))
        if chance.random() < 0.2:
            labels.append((entity, time, known_at + DAY, -1.0))
    return events, sorted(labels, key=lambda label: label[2])


def plainly(events, labels, place):
    """By name, what is told of the event at this place."""
    entity, now = events[place]
    bucket = math.floor(now / SECONDS)
    told = [one for one in labels if one[2] <= now]
    delays = [known_at - time for _, time, known_at, change in told if change > 0]
    if entity is None or not delays:
        return dict.fromkeys([f"settled_{n}" for n in SETTLED_BUCKETS])
    recent = bucket - max(1, math.floor(sum(delays) / len(delays) / SECONDS + 0.5))
    found = {}
    for length in SETTLED_BUCKETS:
        start = max(recent - length, bucket - 120)
        mine = [math.floor(time / SECONDS) for other, time in events if other == entity]
        found[f"settled_{length}"] = sum(start < one <= recent for one in mine)
        found[f"frauds_{length}"] = sum(
            change
            for other, time, _, change in told
            if other == entity and start < math.floor(time / SECONDS) <= bucket
        )
    return found


@pytest.mark.parametrize("seed", range(4))
def test_it_counts_as_the_plainest_way_does(seed):
    events, labels = world(seed)
    schema = {"entity": pl.String, "time": pl.Float64, "known_at": pl.Float64, "change": pl.Float64}
    frauds = pl.DataFrame(labels, schema=schema, orient="row")
    recent = pl.DataFrame(events, schema=["entity", "time"], orient="row")
    lags = Delays().lags(recent["time"].to_numpy(), frauds.filter(pl.col("change") > 0))
    told = Settling(recent, frauds).answers(lags).to_dicts()
    for place in range(len(events)):
        for name, expected in plainly(events, labels, place).items():
            assert told[place][name] == expected, (place, name)


def test_when_labels_take_longer_than_a_month_nothing_is_settled():
    frauds = pl.DataFrame({"time": [START], "known_at": [START + 40 * DAY], "change": [1.0]})
    recent = pl.DataFrame({"entity": ["a"] * 2, "time": [START, START + 41 * DAY]})
    lags = Delays().lags(recent["time"].to_numpy(), frauds)
    told = Settling(recent, frauds.with_columns(entity=pl.lit("a"))).answers(lags)
    assert lags.tolist() == [0, 160]
    assert told["settled_120"].to_list() == [None, None]
