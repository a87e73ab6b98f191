"""The index of one column: zero where nothing moved, and what the textbook says where it did."""

import json

import numpy as np
import pytest

from learning.drift.baseline import Baseline, baseline_of
from learning.drift.bins import Bins
from learning.drift.verdicts import Column, Limits, verdict_on
from learning.training.sample import Sample
from learning.training.trained import Input

CHANCE = np.random.default_rng(5)
NORMAL = CHANCE.normal(0, 1, 20_000)


def test_the_same_values_have_not_moved():
    assert Bins.of(NORMAL).psi(NORMAL) == pytest.approx(0, abs=1e-9)


def test_two_halves_against_three_quarters_by_hand():
    before = np.array([0.0, 1.0] * 50)
    now = np.array([0.0] * 25 + [1.0] * 75)
    expected = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert Bins.of(before, (0.5,)).psi(now) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("now", "low", "high"),
    [
        (CHANCE.normal(0, 1, 20_000), 0.0, 0.01),
        (CHANCE.normal(0.4, 1, 20_000), 0.1, 0.25),
        (CHANCE.normal(1.0, 1, 20_000), 0.25, 2.0),
        (np.full(500, np.nan), 0.25, 20.0),
    ],
    ids=["the same world", "a shift to watch", "a shift to act on", "nothing known any more"],
)
def test_a_shift_shows_in_the_usual_limits(now, low, high):
    assert low <= Bins.of(NORMAL).psi(now) <= high


def test_values_missing_more_often_have_moved():
    some = NORMAL.copy()
    some[::2] = np.nan
    assert Bins.of(NORMAL).psi(some) > 0.25
    assert Bins.of(some).psi(some) == pytest.approx(0, abs=1e-9)


def test_values_on_an_edge_stay_in_their_bin_through_json():
    amounts = np.array([0.1, 0.2, 0.3] * 100, np.float32)
    kept = Bins.load(json.loads(json.dumps(Bins.of(amounts).as_dict())))
    assert kept.psi(amounts) == pytest.approx(0, abs=1e-6)


def test_a_card_keeps_a_bin_for_each_category_and_one_for_what_it_never_saw():
    inputs = (Input("channel", "category", ("app", "pos", "web")), Input("is_night", "flag"))
    matrix = np.array([[0, 0], [1, 1], [2, 0], [2, 0]] * 100, np.float32)
    sample = Sample(inputs, matrix, np.arange(400.0), np.zeros(400, np.int8), np.zeros(400), 1.0)
    made = baseline_of(sample, np.arange(400), np.linspace(0, 100, 50))
    kept = Baseline.load(json.loads(json.dumps(made.as_dict())))
    assert kept.columns[0].shares == (0.25, 0.25, 0.5, 0.0)
    assert kept.psi_of(matrix) == pytest.approx({"channel": 0, "is_night": 0}, abs=1e-6)
    unseen = matrix.copy()
    unseen[:, 0] = np.nan
    assert kept.psi_of(unseen)["channel"] > 1


LIMITS = Limits(watch=0.1, act=0.25, fewest=500)


@pytest.mark.parametrize(
    ("columns", "n", "verdict", "said"),
    [
        ([Column("amount", 9.0, 499, 0.5)], 499, "too_few", "500 are needed"),
        ([Column("amount", 0.09, 500, 0.5)], 500, "stable", "has moved"),
        ([Column("amount", 0.10, 500, 0.5)], 500, "watch", "1 of 1 columns that matter has moved"),
        ([Column("amount", 0.25, 500, 0.5)], 500, "act", "amount 0.25"),
        ([Column("amount", 9.0, 500, 0.009)], 500, "stable", "matters to the model"),
        ([Column("ml_score", 0.3, 500, None)], 500, "act", "ml_score 0.30"),
        ([Column("ml_score", 0.3, 20, None)], 500, "stable", "Nothing"),
        (
            [Column("a", 0.12, 900, 0.2), Column("b", 0.3, 900, 0.1), Column("c", 0.0, 900, 0.1)],
            900,
            "act",
            "2 of 3 columns that matter have moved: b 0.30, a 0.12.",
        ),
    ],
)
def test_a_verdict_minds_what_matters_and_how_much_there_is(columns, n, verdict, said):
    found, words = verdict_on(columns, n, LIMITS)
    assert found == verdict
    assert said in words
