"""The benchmark lives through a folder as a server would, and refuses bad ones in a sentence."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import roc_auc_score

from learning.offline.engine import Engine
from learning.training import search

START = datetime(2026, 1, 1, tzinfo=UTC)
HISTORY_DAYS, DAYS, DELAY = 40, 4, timedelta(days=2)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(search, "CHECKED_ROUNDS", (25,))


def world():
    """60 events a day; a tenth of the merchants is bad, and so are amounts above 80."""
    chance = np.random.default_rng(5)
    count = (HISTORY_DAYS + DAYS) * 60
    seconds = np.sort(chance.random(count)) * (HISTORY_DAYS + DAYS) * 86_400
    merchant, amount = chance.integers(0, 20, count), chance.gamma(2, 18, count)
    fraud = ((merchant < 2) & (chance.random(count) < 0.6)) | (amount > 110)
    return pl.DataFrame(
        {
            "tx_id": np.arange(count),
            "ts": [START + timedelta(seconds=float(s)) for s in seconds],
            "customer_id": [f"c{n}" for n in chance.integers(0, 40, count)],
            "merchant_id": [f"m{n}" for n in merchant],
            "amount": amount,
            "region": [("north", "south")[n] for n in chance.integers(0, 2, count)],
            "y": fraud.astype(int),
        }
    )


def lay_out(folder, data, *, only_frauds=False):
    """As the benchmark's export does."""
    first = START + timedelta(days=HISTORY_DAYS)
    labels = data.select("tx_id", "y", label_ts=pl.col("ts") + DELAY)
    if only_frauds:
        labels = labels.filter(pl.col("y") == 1)
    events = data.drop("y")
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


def run(folder, *options):
    out = folder / "preds.parquet"
    call_command("walk_forward", str(folder), "--out", str(out), "--seeds=1", *options)
    return pl.read_parquet(out)


@pytest.mark.parametrize("only_frauds", [False, True])
def test_every_event_of_every_day_is_predicted_and_frauds_rank_high(tmp_path, only_frauds, capsys):
    data = world()
    lay_out(tmp_path, data, only_frauds=only_frauds)
    found = run(tmp_path, "--retrain-days=2", "--seconds=0")
    assert found.schema == {"tx_id": pl.Int64, "p": pl.Float64}
    expected = data.filter(pl.col("ts") >= START + timedelta(days=HISTORY_DAYS))
    assert found["tx_id"].to_list() == expected["tx_id"].to_list()
    assert found["p"].is_between(0, 1).all()
    assert roc_auc_score(expected["y"], found["p"]) > 0.7
    assert capsys.readouterr().out.count("fitting on") == 2


def test_a_label_of_a_later_day_changes_no_earlier_prediction(tmp_path):
    data = world()
    lay_out(tmp_path, data)
    first = run(tmp_path, "--seconds=0", "--retrain-days=0")
    last = tmp_path / f"day_{DAYS - 1}_labels.parquet"
    pl.read_parquet(last).with_columns(y=pl.lit(1)).write_parquet(last)
    again = run(tmp_path, "--seconds=0", "--retrain-days=0")
    early = data.filter(pl.col("ts") < START + timedelta(days=HISTORY_DAYS + DAYS - 1))
    same = first.filter(pl.col("tx_id").is_in(early["tx_id"].implode()))
    assert again.head(len(same)).equals(same)
    assert not again.equals(first)


def test_a_day_sees_its_labels_before_its_events(tmp_path, monkeypatch):
    lay_out(tmp_path, world())
    order = []
    labels, events = Engine.labels, Engine.events
    monkeypatch.setattr(Engine, "labels", lambda s, f: (order.append("l"), labels(s, f))[1])
    monkeypatch.setattr(Engine, "events", lambda s, f: (order.append("e"), events(s, f))[1])
    run(tmp_path, "--seconds=0")
    assert order == ["l", "e"] * (DAYS + 1)


def spoil_twice(folder):
    path = folder / "history_events.parquet"
    frame = pl.read_parquet(path)
    pl.concat([frame, frame.head(1)]).write_parquet(path)


def spoil_early(folder):
    path = folder / "history_labels.parquet"
    early = pl.col("label_ts") - timedelta(days=9)
    pl.read_parquet(path).with_columns(label_ts=early).write_parquet(path)


def spoil_labels(change):
    def spoil(folder):
        path = folder / "history_labels.parquet"
        change(pl.read_parquet(path)).write_parquet(path)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_twice, "stands in the events 2 times"),
        (spoil_early, "is dated before the event itself"),
        (spoil_labels(lambda f: f.clear()), "No label is known"),
        (spoil_labels(lambda f: f.with_columns(y=pl.lit(0))), "Only 0 frauds are known"),
        (spoil_labels(lambda f: f.with_columns(y=pl.lit(7))), "y must be 0 or 1"),
        (lambda f: (f / "history_events.parquet").unlink(), "There is no file"),
        (lambda f: [p.unlink() for p in f.glob("day_*_events.parquet")], "nothing to predict"),
        (lambda f: (f / "history_events.parquet").write_text("x"), "cannot be read as Parquet"),
    ],
)
def test_bad_folders_get_one_sentence(tmp_path, spoil, sentence):
    lay_out(tmp_path, world())
    spoil(tmp_path)
    with pytest.raises(CommandError, match=sentence):
        run(tmp_path)
