"""The judgement itself, without a database."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from learning.registry.comparing import objections_to
from learning.registry.paired import (
    Sample,
    average_precision,
    compare_cost,
    compare_precision,
    money_curve,
    recall_curve,
    roc_curve,
)


def traffic(rows=3_000, seed=0):
    """The truth, and an honest opinion of it."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(0.3, 6.0, rows)
    return chance, rng.random(rows) < chance


def sample(probability):
    return Sample(100 * probability, probability)


def noisy(chance, much, seed=1):
    rng = np.random.default_rng(seed)
    return np.clip(chance + rng.normal(0, much, len(chance)), 0, 1)


@pytest.mark.parametrize("ties", [False, True])
def test_average_precision_is_the_usual_one(ties):
    chance, fraud = traffic()
    score = np.round(chance, 1) if ties else chance

    assert average_precision(score, fraud) == pytest.approx(average_precision_score(fraud, score))


def test_a_better_model_is_surely_better():
    chance, fraud = traffic()

    found = compare_precision(sample(noisy(chance, 0.2)), sample(chance), fraud)

    assert found.challenger > found.champion
    assert found.low > 0


def test_the_same_model_is_not_surely_better():
    chance, fraud = traffic()

    found = compare_precision(sample(chance), sample(chance), fraud)

    assert (found.low, found.high) == (0.0, 0.0)


def test_luck_is_not_taken_for_merit():
    """Two models that err alike: the bounds hold the difference on both sides of nothing."""
    chance, fraud = traffic(rows=600)

    found = compare_precision(sample(noisy(chance, 0.1)), sample(noisy(chance, 0.1, seed=2)), fraud)

    assert found.low < 0 < found.high


def test_cost_counts_missed_amounts_and_stopped_customers():
    fraud = np.array([True, True, False, False])
    amount = np.array([100.0, 1_000.0, 5.0, 5.0])
    misses_the_large = Sample(np.array([90.0, 10.0, 10.0, 70.0]), np.zeros(4))
    catches_it = Sample(np.array([10.0, 90.0, 70.0, 70.0]), np.zeros(4))

    found = compare_cost(misses_the_large, catches_it, fraud, amount, review=4.0)

    assert found.champion == pytest.approx((1_000 + 4) / 4)
    assert found.challenger == pytest.approx((100 + 4 + 4) / 4)


def test_a_roc_curve_runs_from_nothing_to_everything():
    fraud = np.array([True, False, True, False])

    assert roc_curve(np.array([0.9, 0.8, 0.7, 0.1]), fraud) == [
        (0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0),
    ]  # fmt: skip
    assert roc_curve(np.array([0.5]), np.array([True])) == [], "one class has no curve"


def test_a_money_curve_counts_amounts_of_frauds_alone():
    fraud, amount = np.array([True, False, True]), np.array([30.0, 500.0, 10.0])

    curve = money_curve(np.array([0.9, 0.8, 0.1]), fraud, amount)

    assert curve == [
        (0.0, 0.0), (pytest.approx(1 / 3), 0.75), (pytest.approx(2 / 3), 0.75), (1.0, 1.0),
    ]  # fmt: skip
    assert money_curve(np.array([0.5]), np.array([False]), np.array([1.0])) == []


def test_a_recall_curve_ends_with_everything_caught():
    chance, fraud = traffic()

    curve = recall_curve(chance, fraud)

    assert curve[-1] == pytest.approx((1.0, fraud.mean()))
    assert [recall for recall, _ in curve] == sorted(recall for recall, _ in curve)


GOOD = {
    "average_precision": {"low": 0.01, "high": 0.05, "champion": 0.5, "challenger": 0.53},
    "cost_usd": {"low": -2.0, "high": -0.5, "champion": 5.0, "challenger": 4.0},
    "calibration_error": [0.004, 0.004],
    "latency_us": [40.0, 45.0],
    "fairness": [None, None],
}


def test_the_gate_opens_for_a_better_model():
    assert objections_to(GOOD) == []


@pytest.mark.parametrize(
    ("worse", "words"),
    [
        ({"average_precision": {**GOOD["average_precision"], "low": -0.001}}, "average precision"),
        ({"cost_usd": {**GOOD["cost_usd"], "high": 0.2}}, "cost"),
        ({"calibration_error": [0.004, 0.0075]}, "calibrated worse"),
        ({"latency_us": [40.0, 90.0]}, "microseconds"),
        ({"fairness": [0.9, 0.7]}, "groups"),
        ({"leak_alarm": True}, "leak alarm"),
    ],
)
def test_the_gate_stays_closed_for_anything_worse(worse, words):
    [objection] = objections_to({**GOOD, **worse})

    assert words in objection


def test_a_slow_champion_may_be_followed_by_as_slow_a_model():
    assert objections_to({**GOOD, "latency_us": [100.0, 110.0]}) == []
