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


def spoil_early_on_a_day(folder):
    path = folder / "day_1_labels.parquet"
    early = pl.col("label_ts") - timedelta(days=30)
    pl.read_parquet(path).with_columns(label_ts=early).write_parquet(path)


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
        (
            spoil_events(lambda f: f.with_columns(amount=-pl.col("amount"))),
            "give 0 to .* and leave refunds out",
        ),
        (spoil_events(lambda f: f.with_columns(amount=1e300)), "give 0 to 1e.12"),
        (
            spoil_events(lambda f: f.with_columns(pl.concat_list("customer_id"))),
            "customer_id must be one text or number",
        ),
        (
            spoil_events(lambda f: f.with_columns(pl.col("tx_id").cast(pl.UInt64) + 2**63)),
            "must be below 2.63",
        ),
        (spoil_labels(lambda f: f.with_columns(y=0.5)), "y must be 0 or 1"),
        (spoil_labels(lambda f: f.with_columns(pl.concat_list("y"))), "y must be 0 or 1"),
        (
            spoil_labels(
                lambda f: f.with_columns(pl.lit(None, f["label_ts"].dtype).alias("label_ts"))
            ),
            "label_ts is missing",
        ),
        (spoil_labels(lambda f: f.with_columns(label_ts=float("nan"))), "label_ts is missing"),
        (spoil_early_on_a_day, "is dated before the event itself"),
        (spoil_days(lambda f: f.clear()), "None of the days has events"),
        (spoil_days(lambda f: pl.concat([f, f.head(1)])), "stands in the events 2 times"),
    ],
)
def test_bad_folders_get_one_sentence(tmp_path, spoil, sentence):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    spoil(tmp_path)
    with pytest.raises(CommandError, match=sentence):
        run(tmp_path)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("", "cannot be written .Is a directory."),
        ("no/such/preds.parquet", "cannot be written .No such file or directory."),
        ("day_0_events.parquet", "is one of the files of the walk"),
    ],
)
def test_where_the_predictions_go_is_tried_before_the_walk(tmp_path, place, sentence, monkeypatch):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    before = (tmp_path / "day_0_events.parquet").read_bytes()
    monkeypatch.delattr(Engine, "events")
    with pytest.raises(CommandError, match=sentence):
        call_command("walk_forward", str(tmp_path), "--out", str(tmp_path / place))
    assert (tmp_path / "day_0_events.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--seeds=0", "a whole number, 1 to 100, not 0"),
        ("--seconds=nan", "seconds, 0 or more, not nan"),
        ("--retrain-days=-1", "a whole number, 0 or more, not -1"),
        ("--maturity-days=0", "days, more than 0, not 0"),
        ("--utc-offset=nan", "minutes, -840 to 840, not nan"),
        ("--seeds=many", "a whole number, 1 to 100, not many"),
    ],
)
def test_figures_out_of_range_are_refused(tmp_path, option, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(tmp_path, option)


def test_an_empty_file_of_labels_need_not_tell_types(tmp_path):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    pl.DataFrame({"tx_id": [], "y": [], "label_ts": []}).write_parquet(
        tmp_path / "day_1_labels.parquet"
    )
    nothing = {"tx_id": [], "ts": [], "customer_id": [], "amount": []}
    pl.DataFrame(nothing).write_parquet(tmp_path / "day_2_events.parquet")
    assert len(run(tmp_path, "--seconds=0"))


def test_checkpoints_need_a_folder(tmp_path):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    place = tmp_path / "history_labels.parquet"
    with pytest.raises(CommandError, match="cannot be a folder of checkpoints: File exists"):
        run(tmp_path, f"--checkpoints={place}")
