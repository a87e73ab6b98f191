"""Margins become probabilities and scores without losing their order."""

import numpy as np
import pytest

from learning.training.calibration import aligned, calibrated
from learning.training.trained import Knots


def world(rows, shift=0.0, seed=1):
    chance = np.random.default_rng(seed)
    margins = chance.normal(-4, 1.5, rows)
    fraud = (chance.random(rows) < 1 / (1 + np.exp(-(margins + shift)))).astype(np.float32)
    return margins, fraud


@pytest.mark.parametrize("rows", [1_500, 60_000])
@pytest.mark.parametrize("shift", [-1.0, 1.5])
def test_probabilities_are_right_on_rows_not_seen(rows, shift):
    curve = calibrated(*world(rows, shift))
    margins, fraud = world(60_000, shift, seed=2)
    told = curve(margins)
    bins = np.array_split(np.argsort(margins), 15)
    error = np.mean([abs(told[b].mean() - fraud[b].mean()) for b in bins])
    assert error < (0.02 if rows < 10_000 else 0.005)


@pytest.mark.parametrize("late", [False, True], ids=["mixed", "frauds last"])
def test_probabilities_of_a_model_that_says_few_things_are_their_shares(late):
    chance = np.random.default_rng(5)
    rates = np.array([0.005, 0.02, 0.1, 0.4])
    which = chance.integers(0, 4, 20_000)
    fraud = (chance.random(20_000) < rates[which]).astype(np.float32)
    order = np.argsort(fraud, kind="stable") if late else np.arange(20_000)
    margins = np.log(rates / (1 - rates))
    curve = calibrated(margins[which][order], fraud[order])
    assert curve(margins) == pytest.approx([fraud[which == n].mean() for n in range(4)], rel=0.02)


def test_order_is_kept_without_ties():
    curve = calibrated(*world(60_000))
    told = curve(np.linspace(-10, 4, 500))
    assert (np.diff(told) > 0).all()
    assert 0 < told[0] < told[-1] < 1


def test_scores_stand_for_shares_of_genuine_traffic():
    margins = np.random.default_rng(3).normal(size=100_000)
    curve = aligned(margins)
    for share, score in ((0.05, 40), (0.01, 60), (0.001, 80)):
        line = np.quantile(margins, 1 - share)
        assert curve(line) == pytest.approx(score, abs=0.7)
    assert curve(margins.min()) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("rows", "score"), [(50, 60), (500, 80), (5_000, 100), (50_000, 100)])
def test_the_tail_is_capped_at_what_the_rows_support(rows, score):
    """The highest of so many stands for half a one of them: scores go up with its logarithm."""
    margins = np.random.default_rng(4).normal(size=rows)
    assert float(aligned(margins)(99.0)) == pytest.approx(score, abs=0.01)


def test_ties_count_half():
    curve = aligned(np.array([0.0] * 90 + [1.0] * 10))
    assert float(curve(1.0)) == pytest.approx(40.0, abs=0.1)


@pytest.mark.parametrize(("x", "y"), [((1.0, 1.0), (0.0, 1.0)), ((0.0, 1.0), (1.0, 0.0)), ((), ())])
def test_knots_that_do_not_rise_are_refused(x, y):
    with pytest.raises(ValueError, match="knots"):
        Knots(x, y)
