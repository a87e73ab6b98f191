"""The advice on a threshold, on numbers by score alone."""

from collections import Counter

import pytest

from analytics.advice import MISSED_FRAUD, advise
from studio.optimise.costs import FEWEST


def spread(**counts):
    """Numbers by score: s45=10 is ten at 45."""
    return Counter({int(name[1:]): number for name, number in counts.items()})


def advice(frauds, genuine, *, current=60, review=40):
    return advise(spread(**frauds), spread(**genuine), review=review, current=current)


@pytest.mark.parametrize(
    ("frauds", "genuine", "suggestion", "suggested"),
    [
        ({"s90": 50}, {"s10": 500}, "no_change", 60),
        # 40 frauds missed at 55 are dearer than 20 genuine declined
        ({"s90": 50, "s55": 40}, {"s10": 500, "s56": 20}, "decrease_threshold", 55),
        # 200 genuine at 62 are dearer than 2 frauds
        ({"s90": 50, "s62": 2}, {"s10": 500, "s62": 200}, "increase_threshold", 63),
        # as good as another is no reason to move
        ({"s90": 50}, {"s10": 500, "s50": 100}, "no_change", 60),
        # never under the review threshold
        ({"s90": 50, "s30": 100}, {"s10": 500}, "no_change", 60),
        ({"s90": 50, "s40": 100}, {"s10": 500}, "decrease_threshold", 40),
    ],
)
def test_it_follows_the_costs(frauds, genuine, suggestion, suggested):
    told = advice(frauds, genuine)
    assert (told.suggestion, told.suggested_threshold) == (suggestion, suggested)
    assert told.current_threshold == 60
    assert told.reason.endswith(".")


def test_a_threshold_of_all_is_within_reach():
    told = advice({"s20": 30}, {"s100": 5_000})
    assert (told.suggestion, told.suggested_threshold) == ("no_change", 60)
    assert advice({"s20": 30}, {"s99": 5_000}).suggested_threshold == 100


@pytest.mark.parametrize(
    ("frauds", "genuine"),
    [(0, 0), (FEWEST - 1, 1_000), (1_000, FEWEST - 1)],
)
def test_of_too_few_nothing_is_concluded(frauds, genuine):
    told = advice({"s50": frauds}, {"s10": genuine})
    assert (told.suggestion, told.suggested_threshold) == ("no_change", 60)
    assert (told.frauds, told.genuine) == (frauds, genuine)
    assert "the least to go by" in told.reason


@pytest.mark.parametrize(("caught", "suggestion"), [(2, "no_change"), (6, "decrease_threshold")])
def test_a_gain_that_may_be_chance_is_none(caught, suggestion):
    """Of a Poisson number of mean 2 one in seven is none, of mean 6 one in four hundred."""
    told = advice({"s90": 50, "s55": caught}, {"s10": 500})
    assert told.suggestion == suggestion
    assert told == advice({"s90": 50, "s55": caught}, {"s10": 500})


def test_a_missed_fraud_weighs_as_much_as_ten_insults():
    assert MISSED_FRAUD == 10
    even = {"s10": 500, "s56": 400}
    assert advice({"s90": 50, "s55": 40}, even).suggestion == "no_change"


def test_the_reason_tells_what_would_have_changed():
    told = advice({"s90": 50, "s55": 40}, {"s10": 500, "s56": 20})
    assert "40 more frauds" in told.reason
    assert "20 more genuine" in told.reason
    told = advice({"s90": 50, "s62": 2}, {"s10": 500, "s62": 200})
    assert "200 fewer genuine" in told.reason
    assert "2 frauds let through" in told.reason
