"""The benchmark lives through a folder as a server would, and refuses bad ones in a sentence."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import roc_auc_score

from learning.offline.engine import Engine
from learning.offline.reading import read_events, read_labels
from learning.training import search
from learning.walk_forward.growing import Growing
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
    told = capsys.readouterr().out
    assert told.count("fitting on") == 2
    assert "leak checks: no sign of a leak" in told


def test_a_column_that_knows_the_outcome_is_told(tmp_path, capsys):
    data = data_of(WORLD)
    noise = np.random.default_rng(1).random(len(data)) / 10
    lay_out(tmp_path, data.with_columns(chargeback_code=pl.col("y") + noise), WORLD)
    run(tmp_path, "--seconds=0")
    assert "leak checks: chargeback_code alone orders frauds" in capsys.readouterr().out


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
            spoil_events(lambda f: f.with_columns(amount=1e300)),
            "history_events.parquet: .* give 1e.12 at the most, or leave those rows out",
        ),
        (
            spoil_events(lambda f: f.with_columns(ts=pl.arange(0, pl.len()) * 1e10)),
            "holds epochs in milliseconds and smaller numbers",
        ),
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


def spoil_day(change, number=DAYS - 1):
    def spoil(folder):
        path = folder / f"day_{number}_events.parquet"
        change(pl.read_parquet(path)).write_parquet(path)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_day(lambda f: f.drop("amount")), "day_3_events.parquet has no column amount"),
        (spoil_day(lambda f: f.with_columns(ts=pl.lit("now"))), "day_3_events.parquet: ts must be"),
        (
            spoil_day(lambda f: f.with_columns(pl.col("ts") - timedelta(days=2))),
            "day_3_events.parquet: .* took place before the last event of an earlier file",
        ),
        (
            spoil_day(lambda f: f.with_columns(amount=-1e300)),
            "day_3_events.parquet: .* leave those rows out",
        ),
        (spoil_early_on_a_day, "is dated before the event itself"),
    ],
)
def test_every_day_is_looked_through_before_the_walk(tmp_path, spoil, sentence, monkeypatch):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    spoil(tmp_path)
    monkeypatch.delattr(Engine, "events")
    with pytest.raises(CommandError, match=sentence):
        run(tmp_path)


@pytest.mark.parametrize("in_history", [True, False])
def test_a_negative_amount_is_a_refund(tmp_path, monkeypatch, in_history):
    """Where the events name no types, and be it on the last day only."""
    lay_out(tmp_path, data_of(WORLD), WORLD)
    back = pl.when(pl.col("tx_id") % 9 == 0).then(-pl.col("amount")).otherwise("amount")
    turn = spoil_events if in_history else spoil_day
    turn(lambda f: f.with_columns(amount=back))(tmp_path)
    told = []
    events = Engine.events
    monkeypatch.setattr(Engine, "events", lambda s, f: (told.append(events(s, f)), told[-1])[1])

    run(tmp_path, "--seconds=0", "--retrain-days=0")

    found = told[0 if in_history else -1]
    is_refund = (found["tx_id"] % 9 == 0).to_list()
    assert (found["transaction_type"] == "refund").fill_null(value=False).to_list() == is_refund
    assert found["transaction_is_refund"].fill_null(value=False).to_list() == is_refund
    assert found["amount"].min() >= 0


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_epochs_of_a_finer_unit_are_understood(tmp_path, unit):
    lay_out(tmp_path, data_of(WORLD), WORLD)
    path, labels = tmp_path / "day_0_events.parquet", tmp_path / "day_1_labels.parquet"
    events, told = read_events(path), read_labels(labels)
    pl.read_parquet(path).with_columns(pl.col("ts").dt.epoch(unit)).write_parquet(path)
    late = pl.col("label_ts").dt.epoch(unit)
    pl.read_parquet(labels).with_columns(late).write_parquet(labels)
    assert read_events(path)["occurred_at"].to_list() == pytest.approx(
        events["occurred_at"].to_list(), abs=2e-3
    )
    assert read_labels(labels)["known_at"].to_list() == pytest.approx(
        told["known_at"].to_list(), abs=2e-3
    )


def labels_of(*rows):
    columns = {"tx_id": pl.Int64, "y": pl.Int8, "label_ts": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.mark.parametrize("first", [0, 1])
def test_of_several_labels_the_one_told_last_counts(tmp_path, first):
    """In whatever order a file, or two days' files, give them."""
    rows = [(1, 1, 500.0), (1, 0, 900.0)]
    growing = Growing((), maturity=1.0)
    path = tmp_path / "labels.parquet"
    labels_of(rows[first], rows[1 - first], (2, 1, 600.0)).write_parquet(path)
    told = read_labels(path)
    assert told.filter(pl.col("tx_id") == 1)["y"].to_list() == [1, 0]
    growing.labels(told)
    again = tmp_path / "again.parquet"
    labels_of((2, 0, 550.0), (3, 1, 700.0)).write_parquet(again)
    assert growing.labels(read_labels(again))["tx_id"].to_list() == [3], "2 was told later already"
    events = pl.DataFrame({"tx_id": [1, 2, 3], "occurred_at": [10.0, 20.0, 30.0]})
    growing.events(events, np.zeros((3, 0), np.float32))
    sample = growing.sample()
    assert sample.fraud.tolist() == [0, 1, 1]
    assert sample.known_at.tolist() == [900.0, 600.0, 700.0]
