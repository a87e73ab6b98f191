"""The advice on a threshold, on numbers by score alone."""

from collections import Counter

import pytest

from analytics.advice import FEWEST, MISSED_FRAUD, advise


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


@pytest.mark.parametrize(("caught", "suggestion"), [(4, "no_change"), (5, "decrease_threshold")])
def test_a_gain_that_may_be_chance_is_none(caught, suggestion):
    """n frauds more gain 10 n, with a standard error of 10 times the root of n."""
    assert MISSED_FRAUD * 4 == 2 * MISSED_FRAUD * 4**0.5
    assert advice({"s90": 50, "s55": caught}, {"s10": 500}).suggestion == suggestion


def test_the_reason_tells_what_would_have_changed():
    told = advice({"s90": 50, "s55": 40}, {"s10": 500, "s56": 20})
    assert "40 more frauds" in told.reason
    assert "20 more genuine" in told.reason
    told = advice({"s90": 50, "s62": 2}, {"s10": 500, "s62": 200})
    assert "200 fewer genuine" in told.reason
    assert "2 frauds let through" in told.reason
