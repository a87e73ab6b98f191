"""The anomaly score: rare among ordinary behaviour, usual among takeovers."""

import random
from dataclasses import replace
from statistics import median

import pytest

from scoring.profiles.features import features_of_habits
from scoring.profiles.habits import Habits, learn
from scoring.profiles.surprise import (
    ALARM_SCORE,
    ENOUGH,
    Now,
    amount_tail,
    anomaly_score,
    student_tail,
)
from scoring.tests.people import Person, asked, at_hour

PEOPLE = 60


def score(held, question):
    return features_of_habits(held, question).get("behavior_anomaly_score")


@pytest.fixture(scope="module")
def year():
    """Scores of a year of ordinary behaviour, and of takeovers after every 40th transaction."""
    ordinary, frauds = [], {"device": [], "dear at night": [], "abroad": [], "takeover": []}
    for seed in range(PEOPLE):
        held = Habits()
        for number, seen in enumerate(Person(random.Random(seed)).days(365)):  # noqa: S311
            question = asked(seen)
            found = score(held, question)
            if found is not None:
                ordinary.append(found)
                if number % 40 == 39:
                    _commit(frauds, held, question)
            learn(held, [seen])
    return ordinary, frauds


def _commit(frauds, held, question):
    device = replace(question, device=None)
    dear = replace(device, amount=question.amount * 10)
    elsewhere = {**question.values, "ip_country": "RU", "asn_number": 7.0}
    abroad = replace(device, amount=question.amount * 5, values=elsewhere)
    takeover = replace(dear, values={**elsewhere, "current_merchant_category": "6051"})
    frauds["device"].append(score(held, device))
    frauds["dear at night"].append(score(held, at_hour(dear, 3)))
    frauds["abroad"].append(score(held, abroad))
    frauds["takeover"].append(score(held, at_hour(takeover, 3)))


def share_of_alarms(scores):
    return sum(found > ALARM_SCORE for found in scores) / len(scores)


def test_ordinary_behaviour_hardly_ever_passes_the_line(year):
    ordinary, _ = year
    assert len(ordinary) > 15_000
    assert share_of_alarms(ordinary) < 0.005
    assert median(ordinary) < 0.15


@pytest.mark.parametrize(
    ("fraud", "least", "most"),
    [
        ("device", 0.0, 0.05),  # a new telephone by itself is no anomaly
        ("dear at night", 0.5, 1.0),
        ("abroad", 0.4, 1.0),
        ("takeover", 0.95, 1.0),
    ],
)
def test_the_more_is_unlike_the_customer_the_surer_it_is(year, fraud, least, most):
    _, frauds = year
    assert least <= share_of_alarms(frauds[fraud]) <= most


@pytest.mark.parametrize(
    ("deviation", "tail"), [(0.0, 0.5), (2.131847, 0.05), (4.604095, 0.005), (-2.131847, 0.95)]
)
def test_tails_are_those_of_students_t_with_four_degrees_of_freedom(deviation, tail):
    assert student_tail(deviation) == pytest.approx(tail, abs=1e-6)


def grown(count, seed=1):
    held = Habits()
    events = list(Person(random.Random(seed)).days(400))[:count]  # noqa: S311
    return learn(held, events), events


def test_one_side_alone_says_nothing():
    held, _ = grown(100)
    assert anomaly_score(held, Now(amount=1e9)) is None
    assert anomaly_score(held, Now(amount=1e9, device_new=False)) is not None


def test_it_takes_enough_history():
    few, events = grown(ENOUGH - 1)
    assert score(few, asked(events[-1])) is None
    enough, events = grown(ENOUGH)
    assert score(enough, asked(events[-1])) is not None


def test_who_uses_new_devices_all_the_time_does_not_surprise_by_another():
    settled, events = grown(100)
    restless = learn(Habits(), [seen._replace(device=n) for n, seen in enumerate(events)])
    question = replace(asked(events[-1]), device=10**9)
    assert score(settled, question) > score(restless, question) + 0.1


def test_a_higher_amount_is_never_less_surprising():
    held, _ = grown(100)
    tails = [amount_tail(held, 10.0**power) for power in range(12)]
    assert tails == sorted(tails, reverse=True)
    assert all(0 < tail < 1 for tail in tails)


def test_always_the_same_amount_allows_for_a_little_more():
    _, events = grown(60)
    held = learn(Habits(), [seen._replace(amount=1_000.0) for seen in events])
    assert amount_tail(held, 1_300.0) > 0.1
    assert amount_tail(held, 50_000.0) < 0.001
