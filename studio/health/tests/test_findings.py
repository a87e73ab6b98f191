"""Which counts become which sentence. Pure."""

import msgspec
import pytest

from rules.definition import Effect, PublishedRule, Snapshot, State
from rules.tests.cast import make_definition
from studio.backtest.contract import Group
from studio.health.counts import Counts, Pair, RuleCounts, TypologyCounts, together
from studio.health.findings import findings, missing_findings
from studio.health.implying import implications


def rule(code: str, condition: str = "ip_is_vpn", state=State.LIVE, **definition) -> PublishedRule:
    fields = {"condition": condition, "parameters": (), "reason": "It fired", "family": code}
    return PublishedRule(
        code=code,
        version=1,
        state=state,
        canary_percent=100.0,
        definition=make_definition(**{**fields, **definition}),
    )


def hits(n: int, fraud: int = 0, *, alone=(0, 0), spared=0) -> RuleCounts:
    """`alone` are fraud and genuine."""
    return RuleCounts(
        hits=Group(n=n, fraud=fraud),
        alone=Group(n=sum(alone), fraud=alone[0], genuine=alone[1]),
        spared=Group(n=spared),
    )


def told(rules, counted, *, decisions=10_000, pairs=(), texts=False, **more):
    """(level, kind, rules) of each finding."""
    snapshot = Snapshot(catalogue_version=1, rules=tuple(rules), verticals=())
    counts = Counts(
        currency="USD", decisions={"payments": decisions}, rules=counted, pairs=list(pairs), **more
    )
    implied = implications(snapshot.rules) if texts else ()
    return [(f.level, f.kind, f.rules) for f in findings(snapshot, counts, implied)]


SOUND = hits(200, 100, alone=(50, 10))


@pytest.mark.parametrize(
    ("state", "counted", "decisions", "expected"),
    [
        (State.LIVE, SOUND, 10_000, []),
        (State.LIVE, hits(0), 10_000, [("medium", "never fires", ("a_rule",))]),
        (State.SHADOW, hits(0), 10_000, [("low", "never fires", ("a_rule",))]),
        (State.LIVE, hits(0), 999, []),
        (State.LIVE, hits(9_000, 9, alone=(1, 9)), 10_000,
         [("high", "fires nearly always", ("a_rule",))]),
        (State.SHADOW, hits(9_000), 10_000, [("medium", "fires nearly always", ("a_rule",))]),
        (State.LIVE, hits(5_000, 9, alone=(1, 9)), 10_000, []),
        (State.LIVE, hits(200, 10), 10_000, [("low", "changes nothing", ("a_rule",))]),
        (State.LIVE, hits(29, 10), 10_000, []),
        (State.SHADOW, hits(200, 10), 10_000, []),
        (State.LIVE, hits(200, 0, spared=5), 10_000, []),
        (State.LIVE, hits(500, 0, alone=(0, 300)), 10_000,
         [("high", "costs more than it brings", ("a_rule",))]),
        (State.LIVE, hits(500, 0, alone=(0, 19)), 10_000, []),
        (State.LIVE, hits(500, 30, alone=(30, 300)), 10_000, []),
    ],
)  # fmt: skip
def test_a_rule_is_told_of(state, counted, decisions, expected):
    assert told([rule("a_rule", state=state)], {"a_rule": counted}, decisions=decisions) == expected


def test_decisions_of_other_verticals_do_not_count():
    elsewhere = rule("a_rule", only=("crypto",))
    assert told([elsewhere], {"a_rule": hits(0)}) == []


def test_an_allowing_rule_costs_nothing_by_what_it_flags():
    allowing = rule("a_rule", effect=Effect.ALLOW)
    assert told([allowing], {"a_rule": hits(500, 0, alone=(0, 300))}) == []


def test_a_rule_that_does_not_compile_comes_first_and_is_not_blamed_for_silence():
    found = told([rule("a_rule")], {"a_rule": hits(0)}, broken=["a_rule"])
    assert found == [("high", "does not compile", ("a_rule",))]


@pytest.mark.parametrize(
    ("both", "families", "expected"),
    [
        (100, ("x", "y"), [("medium", "overlap", ("one_rule", "two_rule"))]),
        (100, ("x", "x"), [("low", "overlap", ("one_rule", "two_rule"))]),
        (85, ("x", "y"), []),  # 85 of 115: 0.74
    ],
)
def test_rules_that_hit_the_same_overlap(both, families, expected):
    pair = [rule("one_rule", family=families[0]), rule("two_rule", "ip_is_tor", family=families[1])]
    counted = {code: hits(100, 50, alone=(5, 5)) for code in ("one_rule", "two_rule")}
    assert told(pair, counted, pairs=[Pair("one_rule", "two_rule", both)]) == expected


def test_allowing_and_declining_the_same_decisions_contradicts():
    pair = [
        rule("letting", effect=Effect.ALLOW),
        rule("refusing", "ip_is_tor", effect=Effect.DECLINE),
    ]
    counted = {code: hits(100, 5, alone=(5, 5)) for code in ("letting", "refusing")}
    found = told(pair, counted, pairs=[Pair("letting", "refusing", 1)])
    assert found == [("high", "contradict", ("letting", "refusing"))]


def of_texts(one: PublishedRule, other: PublishedRule):
    counted = {r.code: hits(100, 50, alone=(5, 5)) for r in (one, other)}
    return told([one, other], counted, texts=True)


@pytest.mark.parametrize(
    ("condition", "wider", "kind"),
    [
        ("account_age_days < 5", "account_age_days < 7", "contained"),
        ("account_age_days < 5 and ip_is_vpn", "ip_is_vpn", "contained"),
        ("ip_is_vpn and ip_is_tor", "ip_is_tor and ip_is_vpn", "say the same"),
        ("account_age_days < 7", "account_age_days < 5 or account_age_days > 9", None),
        ("account_age_days < 7 or ip_is_vpn", "ip_is_vpn or account_age_days < 8", None),
        ("account_age_days < 5", "account_age_days < 7 and ip_is_vpn", None),
        ("account_age_days < 5", "account_age_days < 7 or ip_is_vpn", None),
    ],
)  # fmt: skip
def test_texts_tell_which_rule_is_contained_in_which(condition, wider, kind):
    found = of_texts(rule("one_rule", condition), rule("two_rule", wider))
    assert [k for _, k, _ in found] == ([kind] if kind else [])


def test_a_rule_of_more_verticals_is_not_contained_in_one_of_fewer():
    wider = rule("two_rule", "account_age_days < 7", only=("crypto",))
    assert of_texts(rule("one_rule", "account_age_days < 5"), wider) == []


def test_one_condition_with_two_effects_is_told():
    found = of_texts(rule("one_rule"), rule("two_rule", effect=Effect.REVIEW))
    assert found == [("medium", "same condition, other effect", ("one_rule", "two_rule"))]


def test_allowing_what_always_is_declined_contradicts_by_its_text():
    letting = rule("letting", "ip_is_vpn and account_age_days < 5", effect=Effect.ALLOW)
    refusing = rule("refusing", effect=Effect.DECLINE)
    assert of_texts(letting, refusing) == [("high", "contradict", ("letting", "refusing"))]


@pytest.mark.parametrize(
    ("flagged", "expected"),
    [(1, ["high"]), (40, ["medium"]), (50, []), (100, [])],
)
def test_a_kind_of_fraud_that_is_mostly_let_through_is_told(flagged, expected):
    kinds = {"mule_account": TypologyCounts(n=100, flagged=flagged, unhit=60)}
    found = told([], {}, typologies=kinds)
    assert found == [(level, "poorly covered", ()) for level in expected]


def test_a_kind_of_fraud_with_few_labels_is_not_judged():
    assert told([], {}, typologies={"rare": TypologyCounts(n=9)}) == []


def missing(counts, **reads):
    rules = {code: rule(code) for code in reads}
    return [(f.level, f.words) for f in missing_findings(rules, reads, counts)]


def test_features_that_are_mostly_missing_are_told():
    counts = Counts(
        currency="USD",
        decisions={"payments": 10_000, "crypto": 5_000},
        missing={"payments": {"asn": 9_950, "imei": 100}, "crypto": {"asn": 5_000}},
        rules={"heard": hits(5)},
    )
    found = missing(counts, heard=("asn", "imei"), silent=("asn",), fine=("imei",))
    assert found == [
        ("low", "heard reads asn, missing in 100 % of the decisions of its verticals."),
        (
            "medium",
            "silent reads asn, missing in 100 % of the decisions of its verticals; it never fired.",
        ),
    ]


def test_the_worst_come_first():
    rules = [rule("silent_one"), rule("busy_rule", "ip_is_tor")]
    counted = {"silent_one": hits(0), "busy_rule": hits(9_900, 9, alone=(1, 9))}
    assert [level for level, _, _ in told(rules, counted)] == ["high", "medium"]


def test_counts_of_two_institutions_add_up():
    one = Counts(
        currency="USD",
        whole=Group(n=5, fraud_amount=2.5),
        decisions={"payments": 5},
        rules={"a": hits(3, 1, alone=(1, 1))},
        pairs=[Pair("a", "b", 2)],
        missing={"payments": {"asn": 4}},
        typologies={"mule": TypologyCounts(n=2, amount=1.0, flagged=1, rules={"a": 1})},
    )
    both = together([one, one], "USD")
    assert both.whole == Group(n=10, fraud_amount=5.0)
    assert both.rules["a"] == hits(6, 2, alone=(2, 2))
    assert both.pairs == [Pair("a", "b", 4)]
    assert both.missing == {"payments": {"asn": 8}}
    assert both.typologies["mule"].rules == {"a": 2}
    assert one.decisions == {"payments": 5}
    assert msgspec.convert(msgspec.to_builtins(both), Counts) == both


def test_counts_in_another_currency_change_amounts_alone():
    one = Counts(currency="NGN", whole=Group(n=5, fraud_amount=1_500.0), decisions={"payments": 5})
    dollars = one.scaled(1 / 1_500, "USD")
    assert (dollars.whole.n, dollars.whole.fraud_amount) == (5, pytest.approx(1.0))
