"""The card tells figures of later days, and betrays leaks."""

import datetime as dt
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from learning.evaluation import metrics
from learning.evaluation.card import _crossed, make_card
from learning.evaluation.checks import permuted, split_audit, too_good
from learning.evaluation.page import as_html
from learning.evaluation.stability import stability
from learning.training import validation
from learning.training.boosting import Shape
from learning.training.tests.worlds import end_of, make_sample
from learning.training.trained import Input
from learning.training.trainer import Settings, train
from learning.training.validation import folds_of

QUICK = Settings(seeds=(0,), shape=Shape(rounds=25), anomaly=False)


def card_of(sample):
    outcome = train(sample, end_of(sample), QUICK)
    rows = len(sample.times)
    amounts = np.linspace(1, 100, rows)
    groups = np.where(np.arange(rows) % 2, "north", "<south>")
    return make_card(
        sample,
        end_of(sample),
        outcome,
        amounts=amounts,
        segments={"region": groups},
        fair={"region": groups},
    )


@pytest.fixture(scope="module")
def card():
    return card_of(make_sample())


def test_the_card_is_json_with_all_that_is_promised(card):
    told = json.loads(json.dumps(card))
    assert told["figures"]["average_precision"] > 0.15
    assert told["figures"]["calibration_error"] < 0.02
    weeks = [dt.date.fromisoformat(day) for day in told["by_week"]]
    assert [week.weekday() for week in weeks] == [0] * len(weeks)
    assert max(weeks) - min(weeks) == dt.timedelta(weeks=len(weeks) - 1)
    assert sum(week["rows"] for week in told["by_week"].values()) == told["figures"]["rows"]
    assert set(told["segments"]["region"]) == {"north", "<south>"}
    assert told["fairness"]["region"]["four_fifths"]
    assert next(iter(told["importance"])) in {"amount", "pace", "night"}
    assert max(told["stability"]["features"].values()) < 0.25
    assert told["money_curve"][-1] == {"reviewed": 1.0, "frauds": 1.0, "value": 1.0}
    assert told["facts"]["data_hash"]
    assert told["leaks"]["passed"]


def test_a_feature_written_after_the_fraud_is_called_a_leak():
    sample = make_sample()
    matrix = sample.matrix.copy()
    matrix[:, 4] = sample.fraud + np.random.default_rng(1).normal(0, 0.1, len(matrix))
    leaks = card_of(replace(sample, matrix=matrix))["leaks"]
    assert set(leaks["too_good"]) == {"noise"}
    assert not leaks["passed"]


def test_a_fold_that_learns_what_it_could_not_know_is_called_a_leak(monkeypatch):
    sample = make_sample()
    start = float(sample.times[4_000])
    train, held = sample.known(start), np.arange(4_000, 4_500)

    assert split_audit(sample, train, start, start, held)["passed"]
    later = split_audit(sample, np.arange(4_001), start, start, held)
    assert (later["trained_on_later_rows"], later["rows_in_both"]) == (1, 1)
    assert not later["passed"]
    at_the_end = split_audit(sample, np.arange(4_000), start, end_of(sample), held)
    assert at_the_end["labels_from_later"] > 0
    assert at_the_end["passed"]
    monkeypatch.setattr(type(sample), "verdicts", lambda self, rows, moment: self.fraud[rows])
    ahead = split_audit(sample, np.arange(4_000), start, start, held)
    assert ahead["labels_not_known_yet"] == ahead["labels_from_later"] > 0
    assert not ahead["passed"]


def test_labels_out_of_the_air_teach_nothing_unless_a_fold_sees_what_it_is_judged_by(monkeypatch):
    sample = make_sample()
    fold = folds_of(sample, end_of(sample))[0]

    honest = permuted(sample, end_of(sample), fold)
    assert honest["passed"]
    monkeypatch.setattr(validation, "training_rows", lambda sample, *_, **__: sample.known(np.inf))
    peeping = permuted(sample, end_of(sample), replace(fold, known=end_of(sample)))
    assert peeping["area"] > 0.7 > honest["area"]
    assert not peeping["passed"]


def test_the_page_is_well_formed_and_escapes_names(card):
    class Balanced(HTMLParser):
        open: list[str] = []
        charts = 0

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "rect", "polyline"):
                self.open.append(tag)
            self.charts += tag == "svg"

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    page = as_html(card, "Model <1>")
    parser = Balanced()
    parser.feed(page.replace("/>", ">"))
    assert parser.open == []
    assert parser.charts == 4
    assert "<south>" not in page
    assert "&lt;south&gt;" in page


def test_figures_say_nothing_where_a_class_is_missing():
    assert metrics.figures(np.zeros(9, np.float32), np.full(9, 0.1)) == {"rows": 9.0, "frauds": 0.0}


def test_value_is_found_before_numbers_when_the_large_come_first():
    y = np.array([1, 1, 0, 0], np.float32)
    curve = metrics.money_curve(y, np.array([0.9, 0.1, 0.2, 0.0]), np.array([90.0, 10, 5, 5]))
    half = next(part for part in curve if part["reviewed"] == 0.5)
    assert half == {"reviewed": 0.5, "frauds": 0.5, "value": 0.9}


def test_unequal_false_alarms_break_the_four_fifths_rule():
    chance = np.random.default_rng(2)
    y, p = np.zeros(400, np.float32), chance.random(400)
    p[:4] = 2
    groups = np.array(["few"] * 20 + ["many"] * 380)
    told = metrics.fairness(y, p, groups)
    assert told["false_alarms"]["few"] == pytest.approx(0.2)
    assert told["fpr_ratio"] == pytest.approx((5 / 120) / (1 / 480))
    assert told["ratio"] == pytest.approx(0.8)


@pytest.mark.parametrize(("shift", "low", "high"), [(0.0, 0.0, 0.02), (0.5, 0.1, 0.5), (2.0, 1, 9)])
def test_the_stability_index_grows_with_the_shift(shift, low, high):
    chance = np.random.default_rng(3)
    before, now = chance.normal(size=(5_000, 1)), chance.normal(shift, size=(5_000, 1))
    assert low <= stability((Input("amount", "number"),), before, now)["amount"] <= high


def test_a_flag_that_was_nearly_always_up_has_moved_when_it_is_not():
    before, now = np.ones((1_000, 1), np.float32), np.ones((1_000, 1), np.float32)
    before[:30], now[:300] = 0, 0
    assert stability((Input("is_night", "flag"),), before, now)["is_night"] > 0.25


LATER = np.arange(4_000) % 40 == 0
CHANCE = np.random.default_rng(4)


@pytest.mark.parametrize(
    ("kind", "column", "leaks"),
    [
        ("category", np.where(LATER, 2.0, CHANCE.integers(0, 2, 4_000)), True),
        ("category", CHANCE.integers(0, 64, 4_000), False),
        ("number", np.where(LATER, CHANCE.random(4_000), np.nan), True),
        ("number", np.where(CHANCE.random(4_000) < 0.3, CHANCE.random(4_000), np.nan), False),
        ("flag", LATER, True),
    ],
    ids=["a state of its own", "many categories", "known of frauds alone", "gaps", "the label"],
)
def test_a_column_that_betrays_the_outcome_is_found_whatever_its_kind(kind, column, leaks):
    matrix = np.asarray(column, np.float32).reshape(-1, 1)
    found = too_good((Input("told", kind),), matrix, LATER.astype(np.float32))
    assert bool(found) == leaks


def test_a_card_of_two_frauds_is_made_wherever_they_stand():
    margins = np.linspace(-5, 0, 300)
    y = np.zeros(300, np.float32)
    y[[30, 270]] = 1  # of one third, counted off row by row
    assert np.isfinite(_crossed(margins, y)).all()
