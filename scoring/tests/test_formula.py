"""The formulae of the decision, as tables."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import formula
from scoring.formula import Thresholds, decide, fraud_score, level_of, rule_score, status_of


@dataclass(frozen=True)
class Hit:
    family: str = "a"
    score: float = 50
    confidence: float = 0.8
    weight: float = 1.0
    effect: str = "score"


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([], 0.0),
        ([Hit()], 40.0),
        ([Hit(family="a"), Hit(family="b")], 64.0),
        ([Hit(family="a"), Hit(family="a", score=100)], 80.0),
        ([Hit(score=100, confidence=1)], 100.0),
        ([Hit(score=90, confidence=1, weight=1.5)], 100.0),
        ([Hit(weight=0.5)], 20.0),
        ([Hit(weight=0)], 0.0),
        ([Hit(effect="allow", score=100, confidence=1)], 0.0),
        ([Hit(effect="decline", score=95, confidence=1)], 95.0),
    ],
)
def test_rule_score_is_a_noisy_or_over_the_strongest_of_each_family(hits, expected):
    assert rule_score(hits) == pytest.approx(expected)


hits = st.builds(
    Hit,
    family=st.sampled_from("abcd"),
    score=st.floats(0, 100),
    confidence=st.floats(0, 1),
    weight=st.floats(0, 5),
)


@given(st.lists(hits), hits)
def test_another_hit_never_lowers_the_score_and_never_passes_100(some, another):
    assert rule_score(some) <= rule_score([*some, another]) + 1e-9 <= 100.0 + 1e-9


@given(st.lists(hits))
def test_the_order_of_hits_does_not_matter_to_the_last_bit(some):
    assert rule_score(some) == rule_score(some[::-1])


@pytest.mark.parametrize(
    ("rules", "ml", "expected"),
    [
        (67.2, None, 67),
        (59.5, None, 60),
        (59.49, None, 59),
        (100.0, 0.0, 60),
        (50.0, 80.0, 62),
        (0.0, 100.0, 40),
    ],
)
def test_fraud_score_blends_sixty_forty_and_rounds_half_up(rules, ml, expected):
    assert fraud_score(rules, ml, Thresholds()) == expected


@pytest.mark.parametrize(
    ("score", "effects", "expected"),
    [
        (39, [], ("approved", "")),
        (40, [], ("review", "")),
        (59, [], ("review", "")),
        (60, [], ("declined", "")),
        (0, ["review"], ("review", "review")),
        (45, ["review"], ("review", "")),
        (75, ["review"], ("declined", "")),
        (99, ["allow"], ("approved", "allow")),
        (99, ["allow", "review"], ("approved", "allow")),
        (0, ["decline", "allow"], ("declined", "decline")),
    ],
)
def test_effects_outrank_the_score_decline_over_allow_over_review(score, effects, expected):
    assert status_of(score, effects, Thresholds()) == expected


def test_thresholds_of_the_vertical_decide():
    crypto = Thresholds(review=40, decline=50)
    assert decide((Hit(score=65),), None, crypto).status == "declined"
    assert decide((Hit(score=65),), None, Thresholds()).status == "review"


@pytest.mark.parametrize(
    ("score", "level"), [(0, "low"), (40, "medium"), (60, "high"), (100, "critical")]
)
def test_levels_start_at_40_60_and_80(score, level):
    assert level_of(score) == level
    assert formula.LEVELS[0] == (80, "critical")


@pytest.mark.parametrize(
    ("hits", "status", "effect"),
    [
        ((Hit(score=100, confidence=1.0),), "approved", "hold_out"),
        ((Hit(score=100, confidence=1.0, effect="decline"),), "declined", "decline"),
        ((Hit(score=50),), "review", ""),
        ((), "approved", ""),
    ],
)
def test_the_hold_out_lane_lets_pass_what_the_score_alone_declines(hits, status, effect):
    passed = formula.let_pass(decide(hits, None, Thresholds()))

    assert (passed.status, passed.effect) == (status, effect)
