"""Single decisions behind a figure, with each side's status and reasons."""

import datetime as dt

import msgspec
import pytest
from django.db import connection

from clients.models import Institution
from foundation.errors import Forbidden
from foundation.models import User
from foundation.roles import AUDITOR, RISK_MANAGER
from learning.archive.exporting import export
from learning.tests.conftest import DAY, archive, decide, first_serial, rule_book  # noqa: F401
from rules.definition import Money, Parameter
from rules.queries import published_rule, published_snapshot
from scoring.models import Decision
from scoring.tests.conftest import bank, stranger  # noqa: F401
from studio.backtest.contract import (
    MATCHED,
    NEWLY_MATCHED,
    TRUTHS,
    Edit,
    Window,
    change_kind,
    sample_key,
)
from studio.backtest.engine import backtest_rule, backtest_ruleset
from studio.backtest.errors import BadEdit
from studio.backtest.samples import samples, tried_now, tried_of
from studio.backtest.services import kind_of, request_backtest
from studio.backtest.tests.people import person
from studio.backtest.tests.world import a_rule
from studio.backtest.then import rules_then
from studio.models import Backtest

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = dt.datetime.combine(DAY, dt.time(), dt.UTC)
WINDOW = Window(institutions=("bank",), since=SINCE, until=SINCE + dt.timedelta(days=2))
BIG = a_rule(
    "any_amount",
    "amount > limit",
    "95",
    parameters=(Parameter("limit", Money(1_000, "NGN"), 0, 9_000),),
    reason="{amount} are more than a thousand",
    name="Any amount",
    confidence=1.0,
)


@pytest.fixture
def history(archive, bank):  # noqa: F811
    """Three suspicious and three plain decisions."""
    rules_then.cache_clear()
    decide(bank, *[DAY] * 3)
    export()
    yield Institution.objects.get(slug="bank")
    rules_then.cache_clear()


def ids(edit, kind):
    """Of the decisions of that kind that a backtest of the edit finds."""
    before = published_snapshot()
    if kind_of(edit) == Backtest.Kind.RULE:
        old = next((r for r in before.rules if r.code == edit.rules[0].code), None)
        result = backtest_rule(old, edit.rules[0], WINDOW)
    else:
        result = backtest_ruleset(before, edit.applied_to(before), WINDOW)
    return [pk for truth in TRUTHS for pk in result.samples.get(sample_key(kind, truth), ())]


def found(by, edit, kind):
    return samples(by=by, tried=tried_now(edit), ids=ids(edit, kind))


@pytest.fixture(params=["rule", "ruleset"])
def edit(request):
    if request.param == "rule":
        return Edit(rules=(BIG,))
    before = published_snapshot()
    return Edit(rules=(BIG,), verticals=(before.verticals[0],))


def test_a_sample_says_what_each_side_decides_and_why(history, edit):
    ada = person("ada", RISK_MANAGER, history)
    rows = found(ada, edit, change_kind("approved", "declined"))
    assert len(rows) == 3
    for one in rows:
        assert (one.before.status, one.after.status, one.decided) == (
            "approved",
            "declined",
            "approved",
        )
        [reason] = [r for r in one.after.reasons if r.code == "any_amount"]
        assert reason.text == "NGN 1,500 are more than a thousand"
        assert (reason.name, reason.counts, reason.worth) == ("Any amount", True, 0.95)
        assert "any_amount" not in {r.code for r in one.before.reasons}
        assert (one.institution, one.amount, one.currency) == ("bank", 1500.0, "NGN")
        assert "ada" not in one.identifiers.values()
        assert one.identifiers


def test_both_sides_agree_with_what_was_decided_where_nothing_changed(history):
    ada = person("ada", RISK_MANAGER, history)
    rule = published_rule("new_account")
    edited = msgspec.structs.replace(
        rule, definition=msgspec.structs.replace(rule.definition, reason="It is new")
    )
    rows = found(ada, Edit(rules=(edited,)), MATCHED)
    assert len(rows) == 3
    for one in rows:
        stored = Decision.objects.get(pk=one.transaction)
        for side in (one.before, one.after):
            assert (side.status, side.fraud_score) == (stored.status, stored.fraud_score)
            assert {r.code for r in side.reasons} == {hit["code"] for hit in stored.hits}
        texts = [{r.text for r in side.reasons} for side in (one.before, one.after)]
        assert texts[0] == {hit["reason"] for hit in stored.hits}
        assert "It is new" in texts[1]


def test_the_newest_come_first_and_so_many_at_most(history, edit, monkeypatch):
    ada = person("ada", RISK_MANAGER, history)
    times = [one.occurred_at for one in found(ada, edit, NEWLY_MATCHED)]
    assert times == sorted(times, reverse=True)
    monkeypatch.setattr("studio.backtest.samples.SAMPLES", 2)
    assert [one.occurred_at for one in found(ada, edit, NEWLY_MATCHED)] == times[:2]


def test_a_backtest_is_shown_against_the_ruleset_of_then(history):
    ada = person("ada", RISK_MANAGER, history)
    edit = Edit(rules=(BIG,))
    made = request_backtest(by=ada, edit=edit, window=WINDOW)
    assert tried_of(made) == tried_now(edit)
    assert len(samples(by=ada, tried=tried_of(made), ids=ids(edit, NEWLY_MATCHED))) == 6


def test_before_the_first_ruleset_there_is_nothing_to_hold_it_against(db):
    with pytest.raises(BadEdit, match="No ruleset is published"):
        tried_now(Edit(rules=(BIG,)))


def test_what_a_switch_decided_is_no_sample(history, edit):
    ada = person("ada", RISK_MANAGER, history)
    chosen = ids(edit, NEWLY_MATCHED)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # decisions are never changed
        Decision.objects.filter(pk=chosen[0]).update(effect="switch")
        cursor.execute("RESET session_replication_role")
    shown = samples(by=ada, tried=tried_now(edit), ids=chosen)
    assert {str(one.transaction) for one in shown} == set(chosen[1:])


def test_samples_of_other_institutions_are_left_out(history, edit):
    assert found(person("eve", RISK_MANAGER), edit, MATCHED) == []
    assert found(person("bob", AUDITOR), edit, MATCHED)
    with pytest.raises(Forbidden):
        found(User.objects.create_user("carl"), edit, MATCHED)
