"""Bounds of a rule's own, and holds: who may, and what makes no sense."""

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from foundation.errors import Forbidden
from foundation.models import AuditEntry
from foundation.roles import ANALYST
from rules.tests.people import make_user
from studio.models import RuleWatch
from studio.rollout.bounding import BadBounds, end_hold, hold, set_bounds
from studio.rollout.checking import bounds_of
from studio.rollout.demoting import mark_seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return make_user("rita")


def in_hours(hours: float):
    return clock.now() + timedelta(hours=hours)


def test_a_rule_has_the_installations_bounds_until_it_has_its_own(book, rita, settings):
    settings.RULE_MAX_SHARE = 0.2
    assert bounds_of(None).max_share == 0.2
    watch = set_bounds(by=rita, code="wild", reason="It is rare", max_share=0.01, min_precision=0)
    assert bounds_of(watch).max_share == 0.01
    assert bounds_of(watch).min_precision == 0
    assert bounds_of(watch).own_precision
    assert bounds_of(watch).max_error_share == settings.RULE_MAX_ERROR_SHARE
    told = AuditEntry.objects.get(action="rules.bounds")
    assert told.after == {"max_share": 0.01, "min_precision": 0}


@pytest.mark.parametrize(
    "bounds",
    [
        {"max_share": 0},
        {"max_share": 1.01},
        {"max_share": float("nan")},
        {"max_error_share": -0.1},
        {"min_precision": 1},
        {"min_precision": -0.01},
        {"max_hits_a_day": 0},
        {"min_labelled": 0},
        {"max_hits_a_day": float("inf")},
        {"max_hits_a_day": 2**31},
        {"max_hits_a_day": 10**400},
        {"min_labelled": float("nan")},
    ],
)
def test_bounds_that_make_no_sense_are_refused(book, rita, bounds):
    with pytest.raises(BadBounds):
        set_bounds(by=rita, code="wild", reason="-", **bounds)
    assert not RuleWatch.objects.exists()


@pytest.mark.parametrize("hours", [-1, 0, 24 * 14 + 1])
def test_a_hold_ends_within_two_weeks(book, rita, hours):
    with pytest.raises(BadBounds):
        hold(by=rita, code="wild", until=in_hours(hours), reason="Because")


def test_a_hold_needs_a_reason(book, rita):
    with pytest.raises(BadBounds):
        hold(by=rita, code="wild", until=in_hours(1), reason="  ")


def test_a_hold_is_ended_once(book, rita):
    hold(by=rita, code="wild", until=in_hours(1), reason="An attack")
    end_hold(by=rita, code="wild")
    end_hold(by=rita, code="wild")
    actions = AuditEntry.objects.filter(action__startswith="rules.").values_list(
        "action", flat=True
    )
    assert [a for a in actions if "hold" in a].count("rules.end_hold") == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda by: set_bounds(by=by, code="wild", reason="-", max_share=0.5),
        lambda by: hold(by=by, code="wild", until=in_hours(1), reason="-"),
        lambda by: end_hold(by=by, code="wild"),
        lambda by: mark_seen(by=by, demotion=1),
    ],
)
def test_analysts_change_none_of_it(book, act):
    with pytest.raises(Forbidden):
        act(make_user("ann", ANALYST))
