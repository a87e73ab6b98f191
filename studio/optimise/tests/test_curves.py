"""A curve says of each value what the Python engine decides, event by event."""

from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from features.catalogue import CATALOGUE
from intelligence.models import ExchangeRate
from intelligence.rates import forget_rates
from rules.definition import Money
from rules.engine import CompiledBook
from studio.backtest.contract import FRAUD, Edit
from studio.backtest.errors import Cancelled, NothingToTest
from studio.backtest.tests.conftest import WINDOW, archive, bank, events  # noqa: F401
from studio.backtest.tests.labels import label, store
from studio.backtest.tests.world import AMOUNT, VARIED, a_rule, a_snapshot, configs
from studio.optimise import curves
from studio.optimise.curves import compute
from studio.optimise.targets import Ladder, Target, with_parameter

pytestmark = pytest.mark.django_db
LIMITS = [20.0, 90.0, 300.0, 1_000.0, 5_000.0]
SEEDS = pytest.mark.parametrize("events", [1, 2, 3], indirect=True)


@pytest.fixture
def rulesets():
    """Two that were in force; none with a rule that reads the thresholds themselves."""
    other = a_rule("half_point", "ip_is_tor or account_age_days < 100", "60", confidence=0.5)
    kept = [rule for rule in VARIED if rule.code != "aml"]
    older = (other, *(rule for rule in kept if rule.code != "half_point"))
    return {1: a_snapshot(*older), 2: a_snapshot(*kept)}


def computed(ladder, window=WINDOW):
    return compute(ladder, window, progress=lambda share: None, cancelled=lambda: False)


def of_limit(**target):
    return Ladder(
        target=Target(kind="parameter", rule="large_amount", name="limit", **target),
        title="Limit",
        unit="USD",
        current=300.0,
        values=LIMITS,
        rule=AMOUNT,
        rules=[with_parameter(AMOUNT, "limit", value) for value in LIMITS],
        config=None,
    )


def of_threshold(name, values, code="payments"):
    config = next(one for one in configs() if one.code == code)
    return Ladder(
        target=Target(kind="threshold", name=name, vertical=code),
        title="Threshold",
        unit="points",
        current=float(getattr(config, name)),
        values=[float(value) for value in values],
        rule=None,
        rules=[],
        config=config,
    )


def of_weight(code, vertical, values):
    config = next(one for one in configs() if one.code == vertical)
    rule = next(one for one in VARIED if one.code == code)
    return Ladder(
        target=Target(kind="weight", rule=code, vertical=vertical),
        title="Weight",
        unit="",
        current=1.0,
        values=values,
        rule=rule,
        rules=[rule] * len(values),
        config=config,
    )


def statuses(step) -> dict[str, int]:
    names = ("approved", "review", "declined")
    return {name: sum(counts) for name, counts in zip(names, step.numbers, strict=True)}


def decided(events, snapshots) -> dict[str, int]:  # noqa: F811
    """By the engine, each event under its own ruleset as changed."""
    books = {number: CompiledBook(snapshot, number) for number, snapshot in snapshots.items()}
    made = Counter(event.under(books[event.number])[1].status for event in events)
    return {name: made[name] for name in ("approved", "review", "declined")}


@SEEDS
def test_each_value_of_a_parameter_decides_as_the_engine_would(events, rulesets):  # noqa: F811
    curve, _ = computed(of_limit())
    for step, value in zip(curve.steps, LIMITS, strict=True):
        edit = Edit(rules=(with_parameter(AMOUNT, "limit", value),))
        changed = {number: edit.applied_to(one) for number, one in rulesets.items()}
        assert statuses(step) == decided(events, changed), value
    assert curve.rows == len(events)
    assert len({step.numbers for step in curve.steps}) > 2


@SEEDS
def test_matched_are_the_rules_own_hits(events):  # noqa: F811
    curve, _ = computed(of_limit())
    hits = [sum(step.matched) for step in curve.steps]
    assert hits == sorted(hits, reverse=True)
    assert hits[0] > hits[-1] > 0


@SEEDS
@pytest.mark.parametrize("name", ["review_threshold", "fraud_score_threshold"])
def test_each_threshold_decides_as_the_engine_would(events, rulesets, name):  # noqa: F811
    values = [10, 25, 40] if name == "review_threshold" else [45, 60, 90]
    curve, _ = computed(of_threshold(name, values))
    mine = [event for event in events if event.vertical == "payments"]
    for step in curve.steps:
        changed = {}
        for number, snapshot in rulesets.items():
            config = next(one for one in snapshot.verticals if one.code == "payments")
            config = msgspec.structs.replace(config, **{name: int(step.value)})
            changed[number] = Edit(verticals=(config,)).applied_to(snapshot)
        assert statuses(step) == decided(mine, changed), step.value
    assert curve.rows == len(mine)


@SEEDS
def test_each_weight_decides_as_the_engine_would(events, rulesets):  # noqa: F811
    values = [0.0, 0.7, 1.0, 3.0]
    curve, _ = computed(of_weight("score_unknown", "crypto", values))
    mine = [event for event in events if event.vertical == "crypto"]
    for step in curve.steps:
        changed = {}
        for number, snapshot in rulesets.items():
            config = next(one for one in snapshot.verticals if one.code == "crypto")
            weights = {**config.rule_weights, "score_unknown": step.value}
            config = msgspec.structs.replace(config, rule_weights=weights)
            changed[number] = Edit(verticals=(config,)).applied_to(snapshot)
        assert statuses(step) == decided(mine, changed), step.value


def test_labels_say_what_is_fraud_and_silence_what_is_genuine(events, bank):  # noqa: F811
    frauds = [event for event in events if event.ground.values][:7]
    for event in frauds:
        store(event, bank)
        label(event, bank, fraud=True)
    curve, parts = computed(of_limit())
    approved = sum(e.verdict.status == "approved" for e in events if e not in frauds)
    assert curve.known.fraud == 7
    assert curve.known.genuine == approved
    step = curve.steps[2]
    assert parts.point[2, 0] == pytest.approx(step.amounts[0][0], abs=0.01)
    assert parts.point[2, 2] == sum(step.numbers[1])


def test_amounts_are_in_the_institutions_currency(events, bank):  # noqa: F811
    ExchangeRate.objects.create(currency="NGN", day=WINDOW.since.date(), per_usd=1_000)
    forget_rates()
    event = next(e for e in events if e.ground.currency == "USD")
    store(event, bank)
    label(event, bank, fraud=True)
    curve, _ = computed(of_limit())
    amount = event.ground.values[CATALOGUE.index["amount"]]
    for step in curve.steps:
        total = sum(by_truth[FRAUD] for by_truth in step.amounts)
        assert total == pytest.approx(1_000 * amount, abs=0.01)
    unrated = sum(e.ground.currency in ("KES", "XAF") for e in events)
    assert curve.currency == "NGN"
    assert f"{unrated:,} amounts count as 0, for want of an exchange rate." in curve.notes


def test_one_vertical_alone_when_asked(events):  # noqa: F811
    curve, _ = computed(of_limit(vertical="crypto"))
    assert curve.rows == sum(event.vertical == "crypto" for event in events)


def test_figures_a_day_are_of_the_time_since_the_first_decision(events):  # noqa: F811
    longer = msgspec.structs.replace(WINDOW, since=WINDOW.since - timedelta(days=27))
    curve, _ = computed(of_limit(), longer)
    assert curve.days == WINDOW.days
    assert any("The first decision is of 2026-10-01" in note for note in curve.notes)


def test_it_is_the_same_read_in_portions(events, monkeypatch):  # noqa: F811
    whole, parts = computed(of_limit())
    monkeypatch.setattr(curves, "ROWS", 37)
    portioned, other = computed(of_limit())
    assert [s.numbers for s in portioned.steps] == [s.numbers for s in whole.steps]
    assert other.replicates.sum(axis=1) == pytest.approx(parts.replicates.sum(axis=1))


def test_no_decisions_and_cancelling_are_said(events, archive):  # noqa: F811
    empty = msgspec.structs.replace(WINDOW, institutions=("nobody",))
    with pytest.raises(NothingToTest):
        computed(of_limit(), empty)
    with pytest.raises(NothingToTest):
        computed(of_limit(vertical="gaming"))
    with pytest.raises(Cancelled):
        compute(of_limit(), WINDOW, progress=lambda share: None, cancelled=lambda: True)


def test_an_amounts_overrides_go_along():
    changed = with_parameter(AMOUNT, "limit", 600.0)
    assert changed.definition.parameters[0].value == Money(600.0, "USD", {"KES": 80_000.0})
