"""Which counts lie beyond which bounds. Pure."""

import msgspec
import pytest

from studio.rollout.bounds import Bounds, Kind, Seen, breaches, is_proven

BOUNDS = Bounds(
    max_share=0.1, max_hits_a_day=None, min_precision=0.05, min_labelled=100, max_error_share=0.01
)
SCORE, REVIEW = Kind("score", False), Kind("review", False)
DECLINE, LISTED = Kind("decline", False), Kind("decline", True)
ALLOW = Kind("allow", False)


def causes(kind: Kind = SCORE, *, own: dict | None = None, **seen: int) -> list[str]:
    bounds = msgspec.structs.replace(BOUNDS, **(own or {}))
    return [breach.cause for breach in breaches(Seen(**seen), bounds, kind)]


@pytest.mark.parametrize(
    ("kind", "seen", "expected"),
    [
        (SCORE, {}, []),
        (SCORE, {"decisions": 5_000, "hits": 400}, []),
        (SCORE, {"decisions": 5_000, "hits": 1_000}, ["share"]),
        (REVIEW, {"decisions": 5_000, "hits": 1_000}, ["share"]),
        (ALLOW, {"decisions": 5_000, "hits": 1_000}, ["share"]),
        (DECLINE, {"decisions": 5_000, "hits": 1_000}, ["share"]),
        (LISTED, {"decisions": 5_000, "hits": 4_000}, []),
        # Too few to tell: a quiet night, and a share within its uncertainty of the bound.
        (SCORE, {"decisions": 900, "hits": 900}, []),
        (SCORE, {"decisions": 1_000, "hits": 110}, []),
        (SCORE, {"fraud": 0, "genuine": 99}, []),
        (SCORE, {"fraud": 3, "genuine": 97}, []),
        (SCORE, {"fraud": 0, "genuine": 100}, ["precision"]),
        (ALLOW, {"fraud": 0, "genuine": 5_000}, []),
        (DECLINE, {"fraud": 0, "genuine": 5_000}, []),
        (SCORE, {"decisions": 5_000, "errors": 200}, ["errors"]),
        (LISTED, {"decisions": 5_000, "errors": 200}, ["errors"]),
        (SCORE, {"decisions": 100, "errors": 19}, []),
        (SCORE, {"decisions": 10_000, "errors": 60}, []),
        (SCORE, {"decisions": 5_000, "errors": 9_000, "hits": 2_000}, ["errors", "share"]),
    ],
)
def test_a_rule_is_out_of_bounds(kind, seen, expected):
    assert causes(kind, **seen) == expected


def test_a_rule_that_nobody_labelled_is_judged_by_its_traffic_alone():
    assert causes(fraud=0, genuine=0, decisions=100_000, hits=9_000) == []
    assert causes(own={"min_labelled": 0}, fraud=0, genuine=0) == []


def test_a_proven_rule_may_hit_three_times_as_much_as_others():
    attack = {"decisions": 5_000, "hits": 1_000}
    assert causes(**attack, fraud=90, genuine=30) == []
    assert causes(decisions=5_000, hits=2_000, fraud=90, genuine=30) == ["share"]
    assert causes(**attack, fraud=30, genuine=90) == ["share"]
    assert not is_proven(Seen(fraud=90, genuine=0), BOUNDS)


def test_hits_a_day_are_bounded_only_where_somebody_said_so():
    assert causes(today=1_000_000) == []
    assert causes(own={"max_hits_a_day": 50}, today=50) == []
    assert causes(own={"max_hits_a_day": 50}, today=51) == ["hits"]


def test_a_decline_rule_is_judged_by_precision_when_its_own_bound_is_set():
    own = {"own_precision": True}
    assert causes(DECLINE, own=own, fraud=0, genuine=500) == ["precision"]
    assert causes(ALLOW, own=own, fraud=0, genuine=500) == []


def test_no_least_precision_means_none():
    assert causes(own={"min_precision": 0.0}, fraud=0, genuine=5_000) == []


def test_sentences_name_shares_and_no_counts():
    seen = Seen(decisions=4_711, hits=2_013, errors=713, fraud=0, genuine=323)
    for breach in breaches(seen, BOUNDS, SCORE):
        assert not any(str(n) in breach.words for n in (4711, 2013, 713, 323)), breach.words
