"""What a backtest says of itself, and why there is none."""

import datetime as dt

import msgspec
import polars as pl
import pytest

from learning.archive.schema import feature_schema
from studio.backtest.contract import Edit
from studio.backtest.engine import backtest_rule, backtest_ruleset
from studio.backtest.errors import ArchiveTooOld, BadEdit, NothingToTest
from studio.backtest.tests.conftest import WINDOW
from studio.backtest.tests.test_figures import ALWAYS, value_of
from studio.backtest.tests.world import AMOUNT, UNTIL, VARIED, a_rule, a_snapshot

pytestmark = pytest.mark.django_db
BY = {rule.code: rule for rule in VARIED}


def test_what_is_assumed_is_said(events):
    told = " ".join(backtest_rule(None, ALWAYS, WINDOW).notes)
    assert "is not simulated" in told
    assert "hold-out lane" in told
    assert "No decision has a label" in told


@pytest.mark.parametrize("only", [(), ("crypto",)])
def test_missing_features_are_told_of_the_decisions_that_the_rule_is_about(events, only):
    rule = a_rule("young", "account_age_days < 30", only=only)
    mine = [e for e in events if not only or e.vertical in only]
    missing = sum(value_of(e, "account_age_days") is None for e in mine)
    share = f"{missing / len(mine):.1%}"
    words = f"account_age_days is missing in {share} of the decisions that the rule is about."
    assert words in backtest_rule(None, rule, WINDOW).notes


def test_a_feature_that_came_later_is_told(events, monkeypatch):
    monkeypatch.setattr(
        "studio.backtest.reading.feature_schema",
        lambda version: {k: v for k, v in feature_schema(version).items() if k != "ip_is_vpn"},
    )
    [note] = [n for n in backtest_rule(None, BY["half_point"], WINDOW).notes if "ip_is_vpn" in n]
    of_all = f"{len(events)} of {len(events)}"
    assert note.startswith(f"ip_is_vpn did not exist yet when {of_all} decisions were made")


def test_a_list_that_nobody_asked_for_is_told(events):
    rule = a_rule("by_carrier", 'listed(merchant_category_code, "blocked")')
    told = " ".join(backtest_rule(None, rule, WINDOW).notes)
    assert "merchant_category_code is on the list blocked is known only where a rule asked" in told


def test_a_rule_that_does_not_compile_any_more_is_skipped_and_told(events):
    gone = a_rule("gone", "retired_feature > 3")
    before = a_snapshot()
    after = Edit(rules=(gone,)).applied_to(before)
    result = backtest_ruleset(before, after, WINDOW)
    assert "The rule gone does not compile any more; it is skipped." in result.notes
    assert all(change.before == change.after for change in result.changes)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (None, None, "no rule to test"),
        (AMOUNT, ALWAYS, "two rules"),
        (AMOUNT, a_rule("large_amount", "amuont > 3"), "does not compile.*amount"),
    ],
)
def test_what_cannot_be_tried_is_refused(events, before, after, why):
    with pytest.raises(BadEdit, match=why):
        backtest_rule(before, after, WINDOW)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"institutions": ()}, "You work for no institution"),
        ({"institutions": ("nobody",)}, "no decisions of these institutions"),
        ({"vertical": "lending"}, "no decisions of the vertical lending"),
        ({"since": UNTIL, "until": UNTIL + dt.timedelta(days=1)}, "archive export"),
    ],
)
def test_nothing_to_test_on_is_a_clear_answer(events, changes, why):
    with pytest.raises(NothingToTest, match=why):
        backtest_rule(None, ALWAYS, msgspec.structs.replace(WINDOW, **changes))


def test_an_archive_of_an_older_release_is_a_clear_answer(events, tmp_path):
    for path in (tmp_path / "archive").rglob("*.parquet"):
        pl.read_parquet(path).drop("hit_scores").write_parquet(path)
    with pytest.raises(ArchiveTooOld, match="archive repair"):
        backtest_rule(None, ALWAYS, WINDOW)
