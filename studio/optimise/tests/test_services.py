"""Starting, running and cancelling curves; assumptions; what a value becomes in a change set."""

import msgspec
import pytest

from clients.services import grant_scope
from foundation.errors import Forbidden
from foundation.models import AuditEntry
from foundation.roles import ANALYST
from rules.definition import Money, Parameter
from rules.models import Rule
from rules.tests.people import make_user
from studio.backtest.errors import BadEdit, NothingToTest
from studio.models import Curve
from studio.optimise.costs import Assumptions, Known, Parts, propose
from studio.optimise.services import (
    BadAssumptions,
    TooManyCurves,
    assumptions_of,
    cancel_curve,
    converted,
    put_into_change_set,
    remember,
    start_curve,
    usual_assumptions,
)
from studio.optimise.storing import pack, unpack
from studio.optimise.targets import Target, ladder_of
from studio.rollout.tests.conftest import bank, book, definition  # noqa: F401

pytestmark = pytest.mark.django_db
LIMIT = Target(kind="parameter", rule="wild", name="limit")
DECLINE = Target(kind="threshold", name="fraud_score_threshold", vertical="fintech")
WEIGHT = Target(kind="weight", rule="calm", vertical="fintech")


@pytest.fixture
def rita(book, bank):  # noqa: F811
    user = make_user("rita")
    grant_scope(user=user, institution=bank, by="test")
    from rules.services import edit_rule

    limit = Parameter("limit", Money(5_000, "USD", {"KES": 700_000.0}), 1, 9_000)
    said = definition(condition="amount > limit", parameters=(limit,), owner="rita")
    edit_rule(by="test", code="wild", definition=said, expected_version=1)
    return user


def started(by, target=LIMIT) -> Curve:
    return start_curve(by=by, target=target, days=30, maturity_days=7)


def test_a_curve_is_over_what_the_person_may_see(rita, bank):  # noqa: F811
    curve = started(rita)
    assert curve.institutions == ["bank"]
    curve.refresh_from_db()
    assert curve.window["institutions"] == ["bank"]
    assert curve.title == "Fast account: limit"


def test_who_works_for_nobody_gets_none(book):  # noqa: F811
    with pytest.raises(NothingToTest):
        started(make_user("stranger"))


def test_analysts_compute_none(rita):
    with pytest.raises(Forbidden):
        started(make_user("ann", ANALYST))


def test_three_at_once_are_enough(rita):
    for _ in range(3):
        started(rita)
    with pytest.raises(TooManyCurves):
        started(rita)
    cancel_curve(by=rita, curve=Curve.objects.first())
    started(rita)


def test_asking_and_cancelling_are_on_the_trail(rita):
    curve = started(rita)
    assert cancel_curve(by=rita, curve=curve)
    assert not cancel_curve(by=rita, curve=curve)
    told = AuditEntry.objects.filter(subject=f"studio.curve:{curve.pk}").order_by("pk")
    assert [entry.action for entry in told] == ["studio.curve_requested", "studio.curve_cancelled"]
    assert told[0].after == {"target": "wild.limit", "days": 30}


def test_nobody_cancels_anothers(rita):
    assert not cancel_curve(by=make_user("ravi"), curve=started(rita))


@pytest.mark.parametrize(
    "target",
    [
        Target(kind="parameter", rule="wild", name="nothing"),
        Target(kind="parameter", rule="nobody", name="limit"),
        Target(kind="threshold", name="aml_threshold", vertical="fintech"),
        Target(kind="threshold", name="fraud_score_threshold", vertical="nowhere"),
        Target(kind="weight", rule="nobody", vertical="fintech"),
    ],
)
def test_targets_that_are_not_there_are_refused(rita, target):
    with pytest.raises(BadEdit):
        ladder_of(target)


def test_the_present_value_is_among_those_tried(rita):
    for target in (LIMIT, DECLINE, WEIGHT):
        ladder = ladder_of(target)
        assert ladder.current in ladder.values
        assert ladder.values == sorted(ladder.values)
        assert len(ladder.values) <= 101


# -- into a change set --------------------------------------------------------------------------


def test_a_limit_becomes_an_edit_of_the_rule(rita):
    draft = put_into_change_set(by=rita, curve=started(rita), value=2_500.0)
    edit = draft.edits.get()
    assert (edit.code, edit.base_version) == ("wild", 2)
    [limit] = edit.definition["parameters"]
    assert limit["value"] == {"value": 2500.0, "currency": "USD", "overrides": {"KES": 350000.0}}
    assert Rule.objects.get(code="wild").version.number == 2  # nothing is edited yet


def test_threshold_and_weight_of_a_vertical_share_one_edit(rita):
    draft = put_into_change_set(by=rita, curve=started(rita, DECLINE), value=55.0)
    put_into_change_set(by=rita, curve=started(rita, WEIGHT), value=0.3, change_set=draft)
    edit = draft.edits.get()
    assert edit.definition["fraud_score_threshold"] == 55
    assert edit.definition["rule_weights"] == {"calm": 0.3}


def test_a_value_out_of_bounds_is_refused(rita):
    from rules.errors import Invalid

    with pytest.raises(Invalid):
        put_into_change_set(by=rita, curve=started(rita), value=50_000.0)
    with pytest.raises(Invalid):
        put_into_change_set(by=rita, curve=started(rita, DECLINE), value=500.0)


# -- assumptions --------------------------------------------------------------------------------


def test_the_installations_assumptions_count_until_a_person_has_own_ones(rita, settings):
    settings.COST_INSULT_USD = 7.0
    assert assumptions_of(rita).insult == 7.0
    remember(by=rita, assumptions=Assumptions(insult=9.0))
    assert assumptions_of(rita).insult == 9.0
    assert assumptions_of(make_user("ravi")) == usual_assumptions()
    remember(by=rita, assumptions=Assumptions(insult=9.0))
    assert AuditEntry.objects.filter(action="studio.assumptions").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"missed_share": -0.1},
        {"missed_share": 11},
        {"insult": -1},
        {"insult": float("nan")},
        {"hourly_cost": float("inf")},
        {"review_minutes": -5},
    ],
)
def test_assumptions_that_make_no_sense_are_refused(rita, wrong):
    with pytest.raises(BadAssumptions):
        remember(by=rita, assumptions=Assumptions(**wrong))


def test_assumptions_are_converted_into_the_curves_currency(rita):
    said = Assumptions(insult=2.0, hourly_cost=10.0)
    assert converted(said, "USD") == said
    assert converted(said, "NGN") == said  # without a rate they stay what they are


# -- storing ------------------------------------------------------------------------------------


def test_parts_come_back_as_they_were_stored():
    import numpy as np

    chance = np.random.default_rng(1)
    parts = Parts(chance.random((4, 4)), chance.random((7, 4, 4)), chance.random((7, 4, 4)))
    back = unpack(pack(parts))
    assert (back.point == parts.point).all()
    assert back.replicates == pytest.approx(parts.replicates, rel=1e-6)
    known = Known(50, 50, 50)
    asked = ([1.0, 2.0, 3.0, 4.0], 2.0, known, Assumptions())
    assert propose(back, *asked).optimum == propose(parts, *asked).optimum


def test_cut_bytes_are_refused():
    import json
    import zlib

    with pytest.raises(ValueError, match="cut"):
        unpack(zlib.compress(json.dumps({"values": 2, "replicates": 1}).encode() + b"\n123"))
    with pytest.raises(zlib.error):
        unpack(b"nothing")


def test_targets_are_kept_as_they_are():
    for target in (LIMIT, DECLINE, WEIGHT):
        assert msgspec.convert(msgspec.to_builtins(target), Target) == target
