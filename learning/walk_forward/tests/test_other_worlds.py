"""The walk does its work in worlds of other scales, columns, delays and gaps."""

from datetime import timedelta

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import roc_auc_score

from learning.training import search
from learning.walk_forward.tests.making import DAYS, START, World, data_of, lay_out, to_come


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(search, "CHECKED_ROUNDS", (25,))


def walk(folder):
    out = folder / "preds.parquet"
    options = ("--seeds=1", "--seconds=0", "--retrain-days=2")
    call_command("walk_forward", str(folder), "--out", str(out), *options)
    return pl.read_parquet(out)


def area(found, expected):
    assert found["tx_id"].to_list() == expected["tx_id"].to_list()
    assert found["p"].is_between(0, 1).all()
    return roc_auc_score(expected["y"], found["p"])


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(World(scale=1e6), id="amounts in millions"),
        pytest.param(World(scale=1e-3), id="amounts below a cent"),
        pytest.param(World(delay=(3, 30), only_frauds=True), id="labels after 3 to 30 days"),
        pytest.param(World(history_days=64, a_day=100, delay=30), id="labels after a month"),
        pytest.param(World(history_days=60, a_day=40, drift=35), id="the pattern changes"),
        pytest.param(World(more=True, first_id=2**40), id="more columns and large ids"),
        pytest.param(World(quiet=(0, 2)), id="days without events"),
        pytest.param(World(history_days=20, a_day=30), id="a tiny one"),
    ],
)
def test_frauds_rank_high_in_another_world(tmp_path, world):
    data = data_of(world)
    lay_out(tmp_path, data, world)
    assert area(walk(tmp_path), to_come(data, world)) > 0.65


def test_a_day_may_lack_labels_and_columns_or_have_others(tmp_path):
    world = World(more=True)
    data = data_of(world)
    lay_out(tmp_path, data, world)
    (tmp_path / "day_1_labels.parquet").unlink()
    changed = tmp_path / "day_2_events.parquet"
    day = pl.read_parquet(changed).drop("mcc", "basket").with_columns(unheard_of=pl.lit("new"))
    day.with_columns(device_id=None, score_of_others=pl.lit("1.5")).write_parquet(changed)
    assert area(walk(tmp_path), to_come(data, world)) > 0.65


def test_an_event_of_an_earlier_day_is_refused_in_a_sentence(tmp_path):
    world = World(history_days=20, a_day=30)
    lay_out(tmp_path, data_of(world), world)
    again = tmp_path / "day_1_events.parquet"
    today, before = pl.read_parquet(again), pl.read_parquet(tmp_path / "day_0_events.parquet")
    repeated = today.with_columns(
        tx_id=pl.when(pl.arange(0, pl.len()) == 0).then(before["tx_id"][0]).otherwise("tx_id")
    )
    repeated.write_parquet(again)
    with pytest.raises(CommandError, match=r"earlier day as well; give each event once"):
        walk(tmp_path)


def test_what_was_retrained_late_for_want_of_events_is_retrained_on_the_next_day(tmp_path, capsys):
    world = World(quiet=(2,))
    data = data_of(world)
    lay_out(tmp_path, data, world)
    walk(tmp_path)
    assert capsys.readouterr().out.count("fitting on") == 2
    assert START + timedelta(days=world.history_days + DAYS) > data["ts"].max()
