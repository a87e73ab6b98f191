"""The benchmark lives through a folder as a server would, and refuses bad ones in a sentence."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import roc_auc_score

from learning.offline.engine import Engine
from learning.training import search
from learning.walk_forward.tests.making import DAYS, START, World, data_of, lay_out, to_come

WORLD = World()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(search, "CHECKED_ROUNDS", (25,))


def run(folder, *options):
    out = folder / "preds.parquet"
    call_command("walk_forward", str(folder), "--out", str(out), "--seeds=1", *options)
    return pl.read_parquet(out)


@pytest.mark.parametrize("only_frauds", [False, True])
def test_every_event_of_every_day_is_predicted_and_frauds_rank_high(tmp_path, only_frauds, capsys):
    world = replace(WORLD, only_frauds=only_frauds)
    data = data_of(world)
    lay_out(tmp_path, data, world)
    found = run(tmp_path, "--retrain-days=2", "--seconds=0")
    assert found.schema == {"tx_id": pl.Int64, "p": pl.Float64}
    expected = to_come(data, world)
    assert found["tx_id"].to_list() == expected["tx_id"].to_list()
    assert found["p"].is_between(0, 1).all()
    assert roc_auc_score(expected["y"], found["p"]) > 0.7
    assert capsys.readouterr().out.count("fitting on") == 2


def test_a_label_of_a_later_day_changes_no_earlier_prediction(tmp_path):
    data = data_of(WORLD)
    lay_out(tmp_path, data, WORLD)
    first = run(tmp_path, "--seconds=0", "--retrain-days=0")
    last = tmp_path / f"day_{DAYS - 1}_labels.parquet"
    pl.read_parquet(last).with_columns(y=pl.lit(1)).write_parquet(last)
    again = run(tmp_path, "--seconds=0", "--retrain-days=0")
    early = data.filter(pl.col("ts") < START + timedelta(days=WORLD.history_days + DAYS - 1))
    same = first.filter(pl.col("tx_id").is_in(early["tx_id"].implode()))
    assert again.head(len(same)).equals(same)
    assert not again.equals(first)


def test_a_day_sees_its_labels_before_its_events(tmp_path, monkeypatch):
    lay_out(tmp_path, data_of(WORLD), WORLD)
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


def spoil_events(change):
    def spoil(folder):
        path = folder / "history_events.parquet"
        change(pl.read_parquet(path)).write_parquet(path)

    return spoil


def spoil_days(change):
    def spoil(folder):
        for path in folder.glob("day_*_events.parquet"):
            change(pl.read_parquet(path)).write_parquet(path)

    return spoil


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
        (spoil_events(lambda f: f.head(3)), "There are only 3 transactions"),
        (spoil_events(lambda f: f.head(0)), "There are only 0 transactions"),
        (
            spoil_events(lambda f: f.with_columns(pl.format("T{}", "tx_id"))),
            "must be whole numbers",
        ),
        (spoil_events(lambda f: f.with_columns(ts=pl.lit("now"))), "must be a time"),
        (spoil_events(lambda f: f.drop("amount")), "has no column amount"),
        (spoil_events(lambda f: f.with_columns(amount=None)), "missing or no number"),
        (spoil_days(lambda f: f.clear()), "None of the days has events"),
        (spoil_days(lambda f: pl.concat([f, f.head(1)])), "stands in the events 2 times"),
    ],
)
def test_bad_folders_get_one_sentence(tmp_path, spoil, sentence):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    spoil(tmp_path)
    with pytest.raises(CommandError, match=sentence):
        run(tmp_path)
