"""What rules are worth: ten cases whose every figure was worked out by hand."""

from datetime import UTC, datetime

import msgspec
import pytest

from clients.models import Institution
from intelligence.lookup import Listing
from rules.definition import Effect, Parameter, State
from rules.tests.cast import make_book, make_definition, make_values, publish
from scoring.reports.counting import count_cases
from scoring.reports.figures import SORTS, arrange, make_report, proportion
from scoring.reports.judging import Judge
from scoring.reports.reading import Case, Selection
from scoring.reports.rendering import put_between_markers, render

DAY_ONE = datetime(2026, 1, 1, 10, tzinfo=UTC)

# Worth 80 points: declined by rules alone, 0.6 x 80 + 0.4 x 10 = 52 (review) beside a model.
VPN = publish(
    make_definition(condition="ip_is_vpn", score="100", family="vpn", parameters=(), reason="x"),
    "vpn",
)
# Worth 50 points: review by rules alone, 34 (approved) beside a model.
PACE = publish(
    make_definition(
        condition="transactions_last_hour > most",
        score="50",
        confidence=1.0,
        family="pace",
        reason="x",
        parameters=(Parameter("most", 5.0, 1, 9),),
    ),
    "pace",
)
# Worth 100 points, if it had a say.
QUIET = publish(
    make_definition(
        condition="device_is_new",
        score="100",
        confidence=1.0,
        family="device",
        reason="x",
        parameters=(),
    ),
    "quiet",
    state=State.SHADOW,
)


def make_case(fraud=None, amount=1000.0, typology="", vertical="payments", listings=(), **supplied):
    return Case(
        vertical=vertical,
        values=make_values(user_id="ada", **supplied),
        currency="NGN",
        rates={},
        listings=listings,
        occurred_at=DAY_ONE,
        amount=amount,
        fraud=fraud,
        typology=typology,
    )


CASES = [
    make_case(True, 1000.0, "takeover", ip_is_vpn=True),
    make_case(True, 2000.0, "takeover", transactions_last_hour=6),
    make_case(True, 3000.0, "card_testing", ip_is_vpn=True, transactions_last_hour=6),
    make_case(True, 4000.0, device_is_new=True),
    make_case(False, ip_is_vpn=True),
    make_case(False, transactions_last_hour=6),
    make_case(False, device_is_new=True),
    make_case(False),
    make_case(False, transactions_last_hour=5, ip_is_vpn=False),
    make_case(None),
]


def report_on(cases, *rules, labelled_only=False):
    judge = Judge(make_book(*(rules or (VPN, PACE, QUIET))))
    return make_report(
        count_cases(cases, judge, labelled_only=labelled_only),
        judge.book.snapshot,
        Selection(institution=Institution(slug="bank", base_currency="NGN")),
        ruleset="Ruleset 1",
        labelled_only=labelled_only,
    )


@pytest.fixture(scope="module")
def report():
    return report_on(CASES)


def parts(share):
    return share.part, share.whole


def test_it_counts_fraud_genuine_and_unlabelled(report):
    assert (report.decisions, report.together.fraud, report.together.genuine) == (10, 4, 6)
    assert (report.unlabelled, report.unlabelled_are) == (1, "counted as genuine")
    assert report.together.fraud_amount == 10_000


@pytest.mark.parametrize(
    ("figure", "rules_alone", "with_model"),
    [
        ("fraud_caught", (3, 4), (2, 4)),
        ("fraud_declined", (2, 4), (0, 4)),
        ("amount_caught", (6_000, 10_000), (4_000, 10_000)),
        ("genuine_review", (1, 6), (1, 6)),
        ("genuine_declined", (1, 6), (0, 6)),
        ("genuine_flagged", (2, 6), (1, 6)),
        ("precision", (3, 5), (2, 3)),
    ],
)
def test_together_in_both_scales(report, figure, rules_alone, with_model):
    scales = report.together.scales
    assert parts(getattr(scales["rules_alone"], figure)) == rules_alone
    assert parts(getattr(scales["with_model"], figure)) == with_model


@pytest.mark.parametrize(
    ("code", "hits", "precision", "recall", "false_alarms", "amount", "alone"),
    [
        ("vpn", 3, (2, 3), (2, 4), (1, 6), (4_000, 10_000), (2, 3)),
        ("pace", 3, (2, 3), (2, 4), (1, 6), (5_000, 10_000), (2, 3)),
        ("quiet", 2, (1, 2), (1, 4), (1, 6), (4_000, 10_000), (2, 2)),
    ],
)
def test_each_rule_by_itself(report, code, hits, precision, recall, false_alarms, amount, alone):
    rule = next(rule for rule in report.rules if rule.code == code)
    assert (rule.hits, parts(rule.hit_rate)) == (hits, (hits, 10))
    assert parts(rule.precision) == precision
    assert parts(rule.recall) == recall
    assert parts(rule.false_alarm_rate) == false_alarms
    assert parts(rule.amount_recall) == amount
    assert parts(rule.alone) == alone


@pytest.mark.parametrize(
    ("code", "rules_alone", "with_model"),
    [
        ("vpn", (1, 1), (2, 1)),  # beside a model it takes both rules' case with it
        ("pace", (1, 1), (0, 0)),  # beside a model it catches nothing by itself
        ("quiet", (1, 1), (1, 1)),  # what it would add
    ],
)
def test_what_hangs_on_a_rule_alone(report, code, rules_alone, with_model):
    rule = next(rule for rule in report.rules if rule.code == code)
    found = {s: (own.fraud, own.false_alarms) for s, own in rule.matters.items()}
    assert found == {"rules_alone": rules_alone, "with_model": with_model}


def test_a_rule_that_allows_is_charged_with_what_it_clears():
    allow = publish(
        make_definition(
            condition="device_is_new",
            score="0",
            effect=Effect.ALLOW,
            family="allow",
            parameters=(),
            reason="x",
        ),
        "allow",
    )
    cases = [make_case(True, ip_is_vpn=True, device_is_new=True)]
    rules = {rule.code: rule for rule in report_on(cases, VPN, allow).rules}
    assert rules["allow"].matters["rules_alone"].fraud == -1
    assert rules["vpn"].matters["rules_alone"].fraud == 0


def test_entries_of_lists_keep_their_own_effect():
    good = Listing("ip_address", "good_ips", "allow", "")
    report = report_on([make_case(False, ip_is_vpn=True, listings=(good,))])
    assert parts(report.together.scales["rules_alone"].genuine_flagged) == (0, 1)
    assert next(r for r in report.rules if r.code == "vpn").most_often_with == "list_good_ips"


def test_rules_that_hit_together_are_named(report):
    rules = {rule.code: rule for rule in report.rules}
    assert (rules["vpn"].most_often_with, parts(rules["vpn"].overlap)) == ("pace", (1, 3))
    assert (rules["quiet"].most_often_with, parts(rules["quiet"].overlap)) == ("", (0, 2))


def test_typologies_are_told_apart(report):
    caught = {g.name: parts(g.scales["rules_alone"].fraud_caught) for g in report.typologies}
    assert caught == {"takeover": (2, 2), "card_testing": (1, 1), "not named": (0, 1)}


def test_what_has_no_label_may_be_left_out():
    report = report_on(CASES, labelled_only=True)
    assert (report.decisions, report.together.genuine, report.unlabelled) == (9, 5, 1)
    assert report.unlabelled_are == "left out"


def test_a_rule_is_measured_only_where_it_is_evaluated():
    elsewhere = msgspec.structs.replace(VPN.definition, exclude=("payments",))
    (rule,) = report_on(CASES, publish(elsewhere)).rules
    assert rule.recall.value is rule.precision.value is None


def test_what_cannot_be_counted_is_told():
    cases = [make_case(True, None, ip_is_vpn=True), make_case(False, vertical="betting")]
    report = report_on(cases)
    assert report.decisions == 1
    assert report.notes == (
        "1 decisions are of a vertical that the ruleset does not have.",
        "1 amounts are not in the sums, for want of an exchange rate.",
    )
    assert report.together.fraud_amount == 0


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(8, 10, 0.490, 0.943), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (500, 1000, 0.469, 0.531)],
)
def test_a_share_has_its_wilson_interval(part, whole, low, high):
    share = proportion(part, whole)
    assert share.low == pytest.approx(low, abs=0.001)
    assert share.high == pytest.approx(high, abs=0.001)


@pytest.mark.parametrize(
    ("sort", "codes"),
    [
        ("code", ["pace", "quiet", "vpn"]),
        ("hits", ["vpn", "pace", "quiet"]),
        ("value", ["vpn", "quiet", "pace"]),
    ],
)
def test_rules_can_be_sorted(report, sort, codes):
    assert [rule.code for rule in arrange(report, sort=sort).rules] == codes
    assert set(SORTS) >= {sort}


def test_rules_of_one_state_can_be_shown(report):
    assert [rule.code for rule in arrange(report, state="shadow").rules] == ["quiet"]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_it_is_told_in_words(report, form):
    told = render(report, form)
    assert "Ruleset 1 on 10 decisions of bank (2026-01-01 to 2026-01-01): 4 fraud" in told
    assert "By labels. 1 without a label are counted as genuine. With a model: as if its" in told
    assert "75 % (30.1–95.4)" in told  # three of four caught, rules alone
    assert "1 / 2" in told  # own fraud of the rule vpn


def test_rules_that_never_fired_share_a_line():
    idle = publish(VPN.definition, "idle")
    told = render(report_on([make_case(True, transactions_last_hour=6)], PACE, idle, QUIET), "text")
    assert "Never fired: idle, quiet (in shadow)." in told


def test_json_holds_every_figure(report):
    told = msgspec.json.decode(render(report, "json"))
    assert told["together"]["scales"]["rules_alone"]["fraud_caught"]["part"] == 3
    assert {rule["code"] for rule in told["rules"]} == {"vpn", "pace", "quiet"}


def test_a_page_keeps_what_stands_around_the_report():
    page = "before\n<!-- rule_report begin -->\nold\n<!-- rule_report end -->\nafter\n"
    assert put_between_markers(page, "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="no <!-- rule_report begin -->"):
        put_between_markers("a page", "new")
