"""A backtest says what the Python engine says of each event, one by one."""

from collections import Counter

import msgspec
import numpy as np
import pytest

from rules.definition import Effect, Money, Parameter, State
from rules.engine import CompiledBook
from scoring.consider import thresholds
from scoring.formula import SWITCH, fraud_score
from studio.backtest.columns import Columns
from studio.backtest.contract import Edit
from studio.backtest.engine import (
    backtest_rule,
    backtest_ruleset,
    columns_of,
    decide_all,
    surrounded,
)
from studio.backtest.errors import NothingToTest
from studio.backtest.reading import Reader, Worth
from studio.backtest.ruleset import Side
from studio.backtest.tests.conftest import WINDOW
from studio.backtest.tests.world import (
    AMOUNT,
    VARIED,
    a_rule,
    a_snapshot,
    configs,
    make_events,
    put_in_force,
    put_into_archive,
)

pytestmark = pytest.mark.django_db
BY_CODE = {rule.code: rule for rule in VARIED}
SEEDS = pytest.mark.parametrize("events", [1, 2, 3], indirect=True)


def changed(code, **overrides):
    """The rule with parts of its definition, or its state, replaced."""
    of_rule = {k: overrides.pop(k) for k in ("state", "canary_percent") if k in overrides}
    rule = BY_CODE[code]
    definition = msgspec.structs.replace(rule.definition, **overrides)
    return msgspec.structs.replace(rule, definition=definition, **of_rule)


def with_rule(snapshot, code, rule):
    """A book of the snapshot with that rule in place of its own of that code, or with none."""
    edit = Edit(rules=(rule,)) if rule else Edit(removed=(code,))
    return CompiledBook(edit.applied_to(snapshot), 0)


def counted(result):
    return {(c.before, c.after): c.decisions.n for c in result.changes}


EXCHANGES = {
    "a lower threshold": (
        AMOUNT,
        changed("large_amount", parameters=(Parameter("limit", Money(90, "USD"), 1, 9_000),)),
    ),
    "another currency": (
        AMOUNT,
        changed("large_amount", parameters=(Parameter("limit", Money(90, "EUR"), 1, 9_000),)),
    ),
    "a rule taken away": (BY_CODE["half_point"], None),
    "a new rule": (None, a_rule("brand_new", "ip_is_tor or account_age_days < 50", "80")),
    "out of shadow": (BY_CODE["watching"], changed("watching", state=State.LIVE)),
    "into shadow": (BY_CODE["stronger_name"], changed("stronger_name", state=State.SHADOW)),
    "more customers": (BY_CODE["by_customer"], changed("by_customer", canary_percent=80.0)),
    "another family": (BY_CODE["half_point"], changed("half_point", family="by_itself")),
    "other points": (BY_CODE["half_point"], changed("half_point", score="75")),
    "less confidence": (BY_CODE["score_unknown"], changed("score_unknown", confidence=0.35)),
    "another effect": (BY_CODE["on_list"], changed("on_list", effect=Effect.DECLINE)),
    "no effect": (BY_CODE["trusted_text"], changed("trusted_text", effect=Effect.SCORE)),
    "fewer verticals": (BY_CODE["half_point"], changed("half_point", only=("crypto",))),
    "the vertical's values": (BY_CODE["aml"], changed("aml", exclude=())),
    "nothing at all": (AMOUNT, AMOUNT),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_rule_exchanged_decides_as_the_engine_does(events, rulesets, name):
    before, after = EXCHANGES[name]
    code = (before or after).code
    result = backtest_rule(before, after, WINDOW)
    expected: Counter[tuple[str, str]] = Counter()
    matched = [0, 0]
    books = {
        number: [with_rule(then, code, rule) for rule in (before, after)]
        for number, then in rulesets.items()
    }
    for event in events:
        sides = [event.under(book) for book in books[event.number]]
        expected[sides[0][1].status, sides[1][1].status] += 1
        for side, (evaluation, _) in enumerate(sides):
            found = {hit.code for hit in (*evaluation.hits, *evaluation.shadow_hits)}
            matched[side] += code in found
    assert counted(result) == expected
    assert [result.before.matched.n, result.after.matched.n] == matched
    assert result.rows == len(events)
    if name != "nothing at all":
        assert any(before != after for before, after in expected) or matched[0] != matched[1]


@SEEDS
@pytest.mark.parametrize("built_in", [False, True])
def test_a_ruleset_decides_as_the_engine_does(events, built_in):
    before = a_snapshot(built_in=built_in)
    edit = Edit(
        rules=(EXCHANGES["a lower threshold"][1], changed("watching", state=State.LIVE)),
        removed=("stronger_name",),
        verticals=(msgspec.structs.replace(configs()[0], review_threshold=20, alert_on=()),),
    )
    after = edit.applied_to(before)
    result = backtest_ruleset(before, after, WINDOW)
    expected: Counter[tuple[str, str]] = Counter()
    books = [CompiledBook(snapshot, 0) for snapshot in (before, after)]
    for event in events:
        one, other = (event.under(book)[1].status for book in books)
        expected[one, other] += 1
    assert counted(result) == expected
    assert len(expected) >= 4
    flagged = sum(n for (_, after), n in expected.items() if after != "approved")
    assert result.after.matched.n == flagged


@SEEDS
def test_hits_and_scores_are_those_of_the_engine_to_the_last_bit(events):
    snapshot = a_snapshot(built_in=True)
    book, columns = CompiledBook(snapshot, 0), Columns()
    side = Side(snapshot, columns)
    reader, seen = Reader(WINDOW, columns_of([side])), 0
    by_id = {str(event.id): event for event in events}
    for frame in reader.frames(150, progress=lambda _: None, cancelled=lambda: False):
        rows = surrounded(frame, columns.programs, Worth(WINDOW))
        [(decided, places)] = decide_all(rows, [side], columns)
        codes = np.array([placed.rule.code for placed in side.rules])
        for row, pk in enumerate(rows["transaction_id"]):
            event = by_id[pk]
            evaluation, verdict = event.under(book)
            live = {hit.code for hit in evaluation.hits if hit.version}
            shadow = {hit.code for hit in evaluation.shadow_hits}
            assert set(codes[decided.decides[row]]) == live
            assert set(codes[decided.fires[row]]) == live | shadow
            assert decided.rules[row] == verdict.rule_score
            limits = thresholds(side.configs[places[row]])
            ml = event.ground.ml_score
            assert fraud_score(float(decided.rules[row]), ml, limits) == verdict.fraud_score
            seen += 1
    assert seen == len(events)


def test_what_a_switch_decided_is_left_out_and_counted(archive, bank, rulesets):
    put_in_force(1, rulesets[1])
    put_in_force(2, rulesets[2])
    made = make_events(1, 400, rulesets)
    put_into_archive(made)
    switched = sum(event.verdict.effect == SWITCH for event in made)
    told = f"{switched} decisions that an operator's switch made are left out."
    both = a_snapshot()
    for result in (backtest_rule(AMOUNT, None, WINDOW), backtest_ruleset(both, both, WINDOW)):
        assert switched
        assert result.rows == 400 - switched
        assert told in result.notes


def test_with_nothing_but_a_switchs_decisions_it_says_so(archive, bank, rulesets):
    put_in_force(1, rulesets[1])
    put_in_force(2, rulesets[2])
    made = make_events(1, 400, rulesets)
    put_into_archive([event for event in made if event.verdict.effect == SWITCH])
    with pytest.raises(NothingToTest, match="operator's switch made all"):
        backtest_rule(AMOUNT, None, WINDOW)
