"""Figures, labels, money and notes of a backtest."""

import datetime as dt

import msgspec
import pytest
from django.db import connection

from clients.services import create_institution
from features.catalogue import CATALOGUE
from intelligence.models import ExchangeRate
from intelligence.rates import forget_rates
from rules.definition import Money, Parameter, State
from scoring.formula import SWITCH
from studio.backtest.contract import (
    MATCHED,
    NEWLY_MATCHED,
    Group,
    Result,
    change_kind,
    sample_key,
)
from studio.backtest.engine import backtest_rule, backtest_ruleset
from studio.backtest.errors import Cancelled
from studio.backtest.tests.conftest import WINDOW
from studio.backtest.tests.labels import label
from studio.backtest.tests.world import (
    AMOUNT,
    SINCE,
    a_rule,
    a_snapshot,
    make_events,
    put_into_archive,
)

pytestmark = pytest.mark.django_db
ALWAYS = a_rule("always", "amount > 0", "100", confidence=1.0, only=("payments", "mobile_money"))


@pytest.fixture(autouse=True)
def rates(db):
    """One US dollar on the first day: 1,000 NGN or 100 KES. Of XAF nothing is known."""
    for currency, units in (("NGN", 1_000), ("KES", 100)):
        ExchangeRate.objects.create(currency=currency, day=SINCE.date(), per_usd=units)
    forget_rates()
    yield
    forget_rates()


@pytest.fixture
def without_foreign_keys(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")


@pytest.fixture
def labelled(events, bank, without_foreign_keys):
    """Every third is fraud, every third genuine; of the frauds every second is known late."""
    for number, event in enumerate(events):
        if number % 3 == 0:
            label(event, bank, fraud=True, after_days=100.0 if number % 2 else 10.0)
        elif number % 3 == 1:
            label(event, bank, fraud=False)
    return events


def value_of(event, feature):
    return event.ground.values[CATALOGUE.index[feature]]


def worth(event):
    in_naira = {"NGN": 1.0, "USD": 1_000.0, "KES": 10.0, "XAF": 0.0}
    return value_of(event, "amount") * in_naira[event.ground.currency]


def test_figures_are_those_of_its_matches(labelled):
    result = backtest_rule(None, ALWAYS, WINDOW)
    matched = [e for e in labelled if e.vertical != "crypto"]
    fraud = [e for n, e in enumerate(labelled) if n % 3 == 0]
    genuine = [e for n, e in enumerate(labelled) if n % 3 == 1]
    assert result.before.matched == Group()
    after = result.after
    assert (after.matched.n, after.matched.fraud, after.matched.genuine) == (
        len(matched),
        len([e for e in fraud if e in matched]),
        len([e for e in genuine if e in matched]),
    )
    assert (after.precision.part, after.precision.whole) == (
        after.matched.fraud,
        after.matched.fraud + after.matched.genuine,
    )
    assert (after.recall.part, after.recall.whole) == (after.matched.fraud, len(fraud))
    assert after.false_positive_rate.whole == len(genuine)
    expected = sum(worth(e) for e in matched if e in fraud)
    assert after.matched.fraud_amount == pytest.approx(expected, abs=0.02)
    assert result.currency == "NGN"
    assert any("want of an exchange rate into NGN" in note for note in result.notes)


def test_money_is_saved_where_fraud_is_not_approved(labelled):
    result = backtest_rule(None, ALWAYS, WINDOW)
    for side in (result.before, result.after):
        assert side.money_saved == pytest.approx(
            side.review.fraud_amount + side.declined.fraud_amount
        )
        assert side.genuine_money_blocked == side.declined.genuine_amount
    assert result.after.money_saved > result.before.money_saved
    assert result.after.genuine_money_blocked > result.before.genuine_money_blocked


def test_parts_add_up_to_the_whole(labelled):
    result = backtest_rule(None, ALWAYS, WINDOW)
    for parts in (result.by_vertical, result.by_day):
        assert sum(part.decisions.n for part in parts) == result.decisions.n == len(labelled)
        assert sum(part.after.matched.fraud for part in parts) == result.after.matched.fraud
        assert sum(part.after.alerts for part in parts) == result.after.alerts
    assert [part.name for part in result.by_vertical] == ["crypto", "mobile_money", "payments"]
    assert [part.name for part in result.by_day] == ["2026-10-01", "2026-10-02", "2026-10-03"]
    assert sum(change.decisions.n for change in result.changes) == len(labelled)
    assert result.after.alerts_a_day == pytest.approx(result.after.alerts / 3, abs=0.001)


def test_alerts_are_what_the_vertical_makes_of_its_decisions(events):
    result = backtest_rule(None, ALWAYS, WINDOW)
    by_code = {part.name: part for part in result.by_vertical}
    assert by_code["mobile_money"].after.alerts == 0  # makes none
    assert by_code["crypto"].after.alerts == by_code["crypto"].after.declined.n  # of declined ones
    payments = by_code["payments"].after
    assert payments.alerts == payments.review.n + payments.declined.n > 0


def test_labels_count_as_they_were_known_then(labelled):
    today = backtest_rule(None, ALWAYS, WINDOW).decisions
    then = msgspec.structs.replace(WINDOW, known="then", maturity_days=60)
    early = backtest_rule(None, ALWAYS, then).decisions
    late = [n for n in range(len(labelled)) if n % 3 == 0 and n % 2]
    assert early.fraud == today.fraud - len(late) > 0
    assert early.genuine == today.genuine
    assert early.unlabelled == today.unlabelled + len(late)


def test_of_several_labels_the_one_counts_that_outranks_the_others_then(
    events, bank, without_foreign_keys
):
    label(events[0], bank, fraud=True, source="client", after_days=1)
    label(events[0], bank, fraud=False, source="analyst", after_days=30)
    sides = {}
    for days in (10, 40):
        then = msgspec.structs.replace(WINDOW, known="then", maturity_days=days)
        found = backtest_rule(None, ALWAYS, then).decisions
        sides[days] = (found.fraud, found.genuine)
    today = backtest_rule(None, ALWAYS, WINDOW).decisions
    assert sides == {10: (1, 0), 40: (0, 1)}
    assert (today.fraud, today.genuine) == (0, 1)


def test_samples_are_ids_of_what_changed(labelled):
    result = backtest_rule(None, ALWAYS, WINDOW)
    ids = {str(event.id): event for event in labelled}
    for key, found in result.samples.items():
        assert 0 < len(found) <= 50
        times = [ids[pk].at for pk in found]
        assert times == sorted(times, reverse=True)
        kind, _, truth = key.rpartition(".")
        places = [labelled.index(ids[pk]) % 3 for pk in found]
        assert set(places) == {{"fraud": 0, "genuine": 1, "unlabelled": 2}[truth]}
        if ">" in kind:
            assert {ids[pk].vertical for pk in found} <= {"payments", "mobile_money"}
    keys = set(result.samples)
    assert sample_key(NEWLY_MATCHED, "fraud") in keys
    assert sample_key(MATCHED, "genuine") in keys
    assert sample_key(change_kind("approved", "declined"), "unlabelled") in keys


def test_a_result_survives_being_kept(labelled):
    result = backtest_rule(None, ALWAYS, WINDOW)
    assert Result.load(msgspec.json.decode(msgspec.json.encode(result.as_dict()))) == result


def test_institutions_of_several_currencies_are_added_up_in_dollars(events, rulesets):
    create_institution(name="Other", slug="other", base_currency="KES", by="test")
    others = make_events(5, 50, rulesets, institution="other")
    put_into_archive(others)
    counted = [*events, *(event for event in others if event.verdict.effect != SWITCH)]
    window = msgspec.structs.replace(WINDOW, institutions=("bank", "other"))
    result = backtest_rule(None, ALWAYS, window)
    assert (result.currency, result.rows) == ("USD", len(counted))
    assert any("different currencies; amounts are in USD" in note for note in result.notes)
    assert backtest_rule(None, ALWAYS, WINDOW).rows == len(events)


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_a_window_ends_before_its_end(events, seconds):
    middle = sorted(event.at for event in events)[200]
    window = msgspec.structs.replace(WINDOW, until=middle + dt.timedelta(seconds=seconds))
    expected = sum(event.at < window.until for event in events)
    assert backtest_rule(None, ALWAYS, window).rows == expected


def test_a_window_of_one_vertical(events):
    window = msgspec.structs.replace(WINDOW, vertical="crypto")
    result = backtest_rule(None, ALWAYS, window)
    assert result.rows == sum(event.vertical == "crypto" for event in events)
    assert result.after.matched.n == 0


def test_small_portions_give_the_same_answer(events, monkeypatch):
    whole = backtest_ruleset(a_snapshot(), a_snapshot(AMOUNT), WINDOW)
    monkeypatch.setattr("studio.backtest.engine.RULESET_ROWS", 37)
    monkeypatch.setattr("studio.backtest.tally._FOLDED", 3)
    parts = backtest_ruleset(a_snapshot(), a_snapshot(AMOUNT), WINDOW)
    assert msgspec.structs.replace(parts, seconds=0) == msgspec.structs.replace(whole, seconds=0)


def test_labels_of_fraud_alone_are_told(events, bank, without_foreign_keys):
    label(events[0], bank, fraud=True)
    told = "Only fraud has labels here, so precision is overstated."
    assert told in backtest_rule(None, ALWAYS, WINDOW).notes
    label(events[1], bank, fraud=False)
    assert told not in backtest_rule(None, ALWAYS, WINDOW).notes


def test_figures_a_day_are_of_the_time_since_the_first_decision(events):
    longer = msgspec.structs.replace(WINDOW, since=SINCE - dt.timedelta(days=27))
    result, short = (backtest_rule(None, ALWAYS, window) for window in (longer, WINDOW))
    assert result.after.alerts_a_day == short.after.alerts_a_day > 0
    assert "The first decision is of 2026-10-01; figures a day are of the time since." in (
        result.notes
    )
    assert not any("figures a day" in note for note in short.notes)


def test_a_ruleset_without_rules_approves_what_no_list_declines(events):
    empty = msgspec.structs.replace(a_snapshot(), rules=())
    result = backtest_ruleset(a_snapshot(), empty, WINDOW)
    declined = sum(
        any(one.effect == "decline" for one in event.ground.listings) for event in events
    )
    assert result.after.declined.n >= declined > 0
    assert result.after.matched.n < result.before.matched.n


def test_it_stops_when_asked(events, monkeypatch):
    monkeypatch.setattr("studio.backtest.engine.RULE_ROWS", 50)
    told = []
    with pytest.raises(Cancelled):
        backtest_rule(None, ALWAYS, WINDOW, told.append, lambda: bool(told))
    assert len(told) == 1


def test_it_tells_how_far_it_is(events, monkeypatch):
    monkeypatch.setattr("studio.backtest.engine.RULE_ROWS", 50)
    told = []
    backtest_rule(None, ALWAYS, WINDOW, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 5


def test_a_rate_that_was_not_stored_is_todays(events):
    """Euros are in nobody's table: only where they were stored can they be told."""
    yen = Parameter("limit", Money(1.0, "KES"), 0, 9_000)
    rule = a_rule("in_shillings", "amount >= limit", parameters=(yen,), state=State.LIVE)
    result = backtest_rule(None, rule, WINDOW)
    assert result.after.matched.n == sum(event.ground.currency != "XAF" for event in events)
