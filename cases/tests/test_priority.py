"""Which case goes first."""

from datetime import UTC, datetime, timedelta

import pytest

from cases.queues.priority import TIME_TO_DECIDE, expected_loss, rank
from scoring.models import Decision

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("probability", "score", "loss"), [(0.25, 90, 250.0), (None, 90, 900.0), (0.0, 90, 0.0)]
)
def test_the_models_probability_counts_before_the_score(probability, score, loss):
    assert expected_loss(1_000.0, probability=probability, score=score) == loss


def test_more_at_stake_goes_first():
    assert rank(5_000, NOON) > rank(4_999, NOON)


def test_of_two_equal_cases_the_older_goes_first():
    assert rank(100, NOON - timedelta(minutes=1)) > rank(100, NOON)


def test_a_day_of_waiting_is_worth_twice_the_loss():
    waited, fresh = rank(1_000, NOON - timedelta(days=1)), rank(2_001, NOON)
    assert waited == pytest.approx(fresh)


def test_nothing_at_stake_still_has_a_rank():
    assert rank(0.0, NOON) == rank(-5.0, NOON) < rank(0.01, NOON)


def test_every_level_has_a_time_to_decide():
    assert set(TIME_TO_DECIDE) == set(Decision.Level.values)
    assert TIME_TO_DECIDE["critical"] == timedelta(hours=4)
