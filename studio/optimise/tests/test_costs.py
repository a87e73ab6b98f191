"""What mistakes cost, which value costs least, and when nothing is proposed."""

import numpy as np
import pytest

from studio.optimise.costs import Assumptions, Known, parts_of, propose, too_few
from studio.optimise.resampling import Sums

FRAUD, GENUINE, UNLABELLED = range(3)
APPROVED, REVIEW, DECLINED = range(3)
VALUES = [float(v) for v in range(1, 11)]
ENOUGH = Known(100, 100, 100)
PLAIN = Assumptions(missed_share=1.0, insult=10.0, review_minutes=0, hourly_cost=0)


def world(rows, *, above=DECLINED, replicates=200):
    """Each row is (score, truth, amount): declined from the value on. A customer each."""
    scores, truth, amounts = (np.array(column) for column in zip(*rows, strict=True))
    statuses = np.array([np.where(scores >= v, above, APPROVED) for v in VALUES], np.uint8)
    sums = Sums(len(VALUES), replicates=replicates)
    customers = np.arange(len(rows), dtype=np.uint64)
    sums.add(statuses, truth.astype(np.uint8), amounts.astype(float), customers)
    return parts_of(sums)


def separable(number=60):
    """Fraud of 100 scores 6 and more, genuine less."""
    frauds = [(6 + n % 4, FRAUD, 100.0) for n in range(number)]
    return frauds + [(1 + n % 5, GENUINE, 50.0) for n in range(number)]


def test_the_cost_is_fraud_let_through_insults_and_reviews():
    rows = [(2, FRAUD, 100.0), (8, FRAUD, 30.0), (8, GENUINE, 9.0), (2, GENUINE, 9.0)]
    declining = world(rows, replicates=1).point
    assert declining[4].tolist() == [100.0, 1.0, 0.0, 0.0]
    assert declining[0].tolist() == [0.0, 2.0, 0.0, 0.0]
    reviewing = world([*rows, (9, UNLABELLED, 5.0)], above=REVIEW, replicates=1).point
    assert reviewing[4].tolist() == [100.0, 0.0, 3.0, 0.0]
    told = Assumptions(missed_share=0.5, insult=7, review_minutes=30, hourly_cost=20)
    assert (declining[4] @ told.factors, reviewing[4] @ told.factors) == (57.0, 80.0)


def test_the_value_that_separates_is_proposed_and_is_sure():
    found = propose(world(separable()), VALUES, 9.0, ENOUGH, PLAIN)
    assert found.verdict == "better"
    assert found.value == 6.0
    assert (found.optimum.low, found.optimum.high) == (6.0, 6.0)
    assert found.saving.value == 4_500.0
    assert 3_000 < found.saving.low < 4_500 < found.saving.high < 6_000
    assert found.expected == pytest.approx(4_500, rel=0.1)


def test_the_same_decisions_give_the_same_bounds():
    made = [propose(world(separable()), VALUES, 9.0, ENOUGH, PLAIN) for _ in range(2)]
    assert made[0] == made[1]


def test_other_assumptions_move_the_optimum():
    rows = [(s, FRAUD, 100.0) for s in VALUES * 8] + [(s, GENUINE, 10.0) for s in VALUES * 8]
    parts = world(rows)
    cheap = propose(parts, VALUES, 5.0, ENOUGH, Assumptions(insult=1, hourly_cost=0))
    dear = propose(parts, VALUES, 5.0, ENOUGH, Assumptions(insult=1_000, hourly_cost=0))
    assert (cheap.value, dear.value) == (1.0, 10.0)
    assert cheap.at_edge
    assert dear.at_edge


def test_the_best_value_is_kept():
    found = propose(world(separable()), VALUES, 6.0, ENOUGH, PLAIN)
    assert (found.verdict, found.value) == ("keep", None)
    assert found.saving.value == 0


def test_what_may_be_chance_is_not_proposed():
    chance = np.random.default_rng(5)
    rows = [(int(s), int(t), 10.0) for s, t in chance.integers((1, 0), (11, 2), (80, 2))]
    found = propose(world(rows), VALUES, 5.0, ENOUGH, PLAIN)
    assert found.verdict in ("unsure", "keep")
    assert found.value is None


def test_one_customer_with_all_the_fraud_is_not_proof():
    """As many transactions as in the sure case; but all frauds are one person's."""
    rows = separable()
    scores, truth, amounts = (np.array(column) for column in zip(*rows, strict=True))
    statuses = np.array([np.where(scores >= v, DECLINED, APPROVED) for v in VALUES], np.uint8)
    customers = np.where(truth == FRAUD, 0, np.arange(len(rows))).astype(np.uint64)
    sums = Sums(len(VALUES))
    sums.add(statuses, truth.astype(np.uint8), amounts, customers)
    found = propose(parts_of(sums), VALUES, 9.0, ENOUGH, PLAIN)
    assert found.verdict == "unsure"


def test_what_is_not_known_does_not_speak_for_declining():
    """Below 6 there is a little fraud among many of whom nobody told anything."""
    frauds = [(2, FRAUD, 20.0)] * 40 + [(9, FRAUD, 500.0)] * 60
    known = [(1, GENUINE, 10.0)] * 60
    found = propose(world(frauds + known), VALUES, 6.0, ENOUGH, PLAIN)
    assert (found.verdict, found.value) == ("better", 2.0)
    silent = [(3, UNLABELLED, 10.0)] * 300
    found = propose(world(frauds + known + silent), VALUES, 6.0, ENOUGH, PLAIN)
    assert (found.verdict, found.value) == ("unsure", None)
    assert "labelled" in found.words


def test_of_equal_costs_the_nearest_to_the_present_value_wins():
    rows = [(2, GENUINE, 10.0)] * 60 + [(9, FRAUD, 100.0)] * 60
    assert propose(world(rows), VALUES, 10.0, ENOUGH, PLAIN).value == 9.0
    assert propose(world(rows), VALUES, 1.0, ENOUGH, PLAIN).value == 3.0
    assert propose(world(rows), VALUES, 5.0, ENOUGH, PLAIN).verdict == "keep"


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (Known(29, 500, 100), "29 frauds and 500 genuine"),
        (Known(500, 29, 100), "500 frauds and 29 genuine"),
        (Known(0, 0, 0), "0 frauds"),
        (Known(30, 30, 19), "19 decisions"),
    ],
)
def test_with_too_few_labels_nothing_is_proposed_and_it_says_how_many_are_needed(known, says):
    found = propose(world(separable()), VALUES, 9.0, known, PLAIN)
    assert (found.verdict, found.value, found.optimum) == ("too_few", None, None)
    assert says in found.words
    assert "least" in found.words


def test_enough_is_enough():
    assert too_few(Known(30, 30, 20)) == ""
