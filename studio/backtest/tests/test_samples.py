"""Single decisions behind a figure, with each side's status and reasons."""

import datetime as dt

import msgspec
import pytest

from clients.models import Institution
from foundation.errors import BadRequest, Forbidden
from foundation.models import User
from foundation.roles import AUDITOR, RISK_MANAGER
from learning.archive.exporting import export
from learning.tests.conftest import DAY, archive, decide, first_serial, rule_book  # noqa: F401
from rules.definition import Money, Parameter
from rules.queries import published_rule, published_snapshot
from scoring.models import Decision
from scoring.tests.conftest import bank, stranger  # noqa: F401
from studio.backtest.contract import MATCHED, NEWLY_MATCHED, Edit, Window, change_kind
from studio.backtest.engine import backtest_rule, backtest_ruleset
from studio.backtest.errors import BadEdit
from studio.backtest.running import run
from studio.backtest.samples import Tried, samples, tried_of
from studio.backtest.services import request_backtest
from studio.backtest.tests.people import person
from studio.backtest.tests.world import a_rule
from studio.backtest.then import rules_then

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


def tried(edit):
    before = published_snapshot()
    after = edit.applied_to(before)
    if len(edit.rules) + len(edit.removed) == 1 and not edit.verticals:
        old = next((r for r in before.rules if r.code in {x.code for x in edit.rules}), None)
        result = backtest_rule(old, edit.rules[0], WINDOW)
    else:
        result = backtest_ruleset(before, after, WINDOW)
    return Tried(before, edit, result)


@pytest.fixture(params=["rule", "ruleset"])
def edit(request):
    if request.param == "rule":
        return Edit(rules=(BIG,))
    before = published_snapshot()
    return Edit(rules=(BIG,), verticals=(before.verticals[0],))


def test_a_sample_says_what_each_side_decides_and_why(history, edit):
    ada = person("ada", RISK_MANAGER, history)
    found = samples(by=ada, tried=tried(edit), kind=change_kind("approved", "declined"))
    assert len(found) == 3
    for one in found:
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
        assert one.truth == "unlabelled"
        assert "ada" not in one.identifiers.values()
        assert one.identifiers


def test_both_sides_agree_with_what_was_decided_where_nothing_changed(history):
    ada = person("ada", RISK_MANAGER, history)
    rule = published_rule("new_account")
    edited = msgspec.structs.replace(
        rule, definition=msgspec.structs.replace(rule.definition, reason="It is new")
    )
    found = samples(by=ada, tried=tried(Edit(rules=(edited,))), kind=MATCHED)
    assert len(found) == 3
    for one in found:
        stored = Decision.objects.get(pk=one.transaction)
        for side in (one.before, one.after):
            assert (side.status, side.fraud_score) == (stored.status, stored.fraud_score)
            assert {r.code for r in side.reasons} == {hit["code"] for hit in stored.hits}
        texts = [{r.text for r in side.reasons} for side in (one.before, one.after)]
        assert texts[0] == {hit["reason"] for hit in stored.hits}
        assert "It is new" in texts[1]


def test_samples_of_one_truth(history, edit):
    ada = person("ada", RISK_MANAGER, history)
    what = tried(edit)
    assert samples(by=ada, tried=what, kind=NEWLY_MATCHED, truth="fraud") == []
    assert len(samples(by=ada, tried=what, kind=NEWLY_MATCHED, truth="unlabelled")) >= 3
    assert len(samples(by=ada, tried=what, kind=NEWLY_MATCHED, most=2)) == 2
    with pytest.raises(BadRequest, match="truth must be one of"):
        samples(by=ada, tried=what, kind=MATCHED, truth="maybe")


def test_a_finished_backtest_gives_its_samples(history):
    ada = person("ada", RISK_MANAGER, history)
    made = request_backtest(by=ada, edit=Edit(rules=(BIG,)), window=WINDOW)
    with pytest.raises(BadEdit, match="not done"):
        tried_of(made)
    run(made.pk)
    made.refresh_from_db()
    assert len(samples(by=ada, tried=tried_of(made), kind=NEWLY_MATCHED)) == 6


def test_samples_of_other_institutions_are_left_out(history, edit):
    what = tried(edit)
    assert samples(by=person("eve", RISK_MANAGER), tried=what, kind=MATCHED) == []
    assert samples(by=person("bob", AUDITOR), tried=what, kind=MATCHED)
    with pytest.raises(Forbidden):
        samples(by=User.objects.create_user("carl"), tried=what, kind=MATCHED)
