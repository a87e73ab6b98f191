"""The judgement itself, without a database."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from learning.registry.comparing import objections_to
from learning.registry.groups import compare_false_alarms
from learning.registry.paired import (
    Opinions,
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
    return Opinions(100 * probability, probability)


def strangers(rows):
    """A customer for each row."""
    return np.arange(len(rows))


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

    found = compare_precision(sample(noisy(chance, 0.2)), sample(chance), fraud, strangers(fraud))

    assert found.challenger > found.champion
    assert found.low > 0


def test_the_same_model_is_not_surely_better():
    chance, fraud = traffic()

    found = compare_precision(sample(chance), sample(chance), fraud, strangers(fraud))

    assert (found.low, found.high) == (0.0, 0.0)


def test_luck_is_not_taken_for_merit():
    """Two models that err alike: the bounds hold the difference on both sides of nothing."""
    chance, fraud = traffic(rows=600)

    old, new = sample(noisy(chance, 0.1)), sample(noisy(chance, 0.1, seed=2))
    found = compare_precision(old, new, fraud, strangers(fraud))

    assert found.low < 0 < found.high


def test_many_transactions_of_one_customer_are_no_more_evidence_than_one():
    """Each row twenty times: the bounds are those of one each, not twenty times as sure."""
    chance, fraud = traffic(rows=600)
    old, new, amount = noisy(chance, 0.1), noisy(chance, 0.1, seed=2), np.full(600, 50.0)
    again = np.repeat(np.arange(600), 20)

    def widths(rows, customer):
        both = sample(old[rows]), sample(new[rows])
        found = [
            compare_precision(*both, fraud[rows], customer),
            compare_cost(*both, fraud[rows], amount[rows], customer, review=4.0),
        ]
        return [one.high - one.low for one in found]

    once = widths(np.arange(600), np.arange(600))
    assert widths(again, again) == pytest.approx(once, rel=1e-6)
    assert all(
        wide > 3 * narrow
        for wide, narrow in zip(once, widths(again, strangers(again)), strict=True)
    )


def of_two_groups(rows=20_000, seed=4):
    """Genuine traffic and few frauds of two countries, nine tenths of it of one."""
    rng = np.random.default_rng(seed)
    return rng.random(rows) < 0.02, np.where(rng.random(rows) < 0.1, "GH", "NG"), rng.random(rows)


@pytest.mark.parametrize(
    ("champions", "challengers", "objects"),
    [
        (0.0, 0.0, False),
        (0.0, 0.05, True),  # a ratio of about 6, of which the shares spared say nothing
        (0.05, 0.05, False),  # as uneven as what decides already
        (0.05, 0.0, False),
    ],
)
def test_false_alarms_are_judged_by_the_ratio_of_rates(champions, challengers, objects):
    """One group's scores are raised by so much."""
    fraud, group, chance = of_two_groups()
    other = np.random.default_rng(9).random(len(fraud))

    def said(scores, much):
        return sample(scores + much * (group == "GH"))

    old, new = said(chance, champions), said(other, challengers)
    told = compare_false_alarms(old, new, fraud, group, strangers(fraud))
    found = objections_to({**GOOD, "false_alarms": {"country": told}})

    assert bool(found) is objects
    assert all("groups unevenly: by country" in one for one in found)
    spared = [1 - rate for rate in told["rates"][1].values()]
    assert min(spared) / max(spared) > 0.9, "four fifths hold"


def test_few_alarms_in_small_groups_are_no_objection():
    """Six groups of forty genuine rows beside a large one: chance alone."""
    fraud, _, chance = of_two_groups(2_000)
    group = np.array([f"g{n // 40}" if n < 240 else "rest" for n in range(2_000)])
    other = sample(np.random.default_rng(9).random(2_000))

    told = compare_false_alarms(sample(chance), other, fraud, group, strangers(fraud))

    assert objections_to({**GOOD, "false_alarms": {"region": told}}) == []


def test_one_group_alone_is_not_judged():
    fraud, _, chance = of_two_groups(500)
    group = np.array(["NG"] * 490 + ["GH"] * 10)

    both = sample(chance), sample(chance)

    assert compare_false_alarms(*both, fraud, group, strangers(fraud)) is None


def test_cost_counts_missed_amounts_and_stopped_customers():
    fraud = np.array([True, True, False, False])
    amount = np.array([100.0, 1_000.0, 5.0, 5.0])
    misses_the_large = Opinions(np.array([90.0, 10.0, 10.0, 70.0]), np.zeros(4))
    catches_it = Opinions(np.array([10.0, 90.0, 70.0, 70.0]), np.zeros(4))

    found = compare_cost(misses_the_large, catches_it, fraud, amount, strangers(fraud), review=4.0)

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
        (
            {
                "false_alarms": {
                    "sex": {"champion": 1.1, "challenger": 1.5, "low": 0.1},
                    "age": None,
                }
            },
            "groups unevenly: by sex",
        ),
        ({"leak_alarm": True}, "leak alarm"),
    ],
)
def test_the_gate_stays_closed_for_anything_worse(worse, words):
    [objection] = objections_to({**GOOD, **worse})

    assert words in objection


@pytest.mark.parametrize(
    "told",
    [
        {"champion": 1.0, "challenger": 1.2, "low": 0.1},
        {"champion": 1.4, "challenger": 1.6, "low": -0.1},
    ],
)
def test_the_gate_minds_what_is_surely_more_uneven_and_above_four_fifths(told):
    assert objections_to({**GOOD, "false_alarms": {"sex": told}}) == []


def test_a_slow_champion_may_be_followed_by_as_slow_a_model():
    assert objections_to({**GOOD, "latency_us": [100.0, 110.0]}) == []
