"""How a score came together, and values against limits. Pure."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from cases.alerts.why import reasons_of
from cases.page.measured import measured
from cases.page.waterfall import waterfall
from rules.definition import Definition, Money, Parameter, Severity
from scoring.formula import rule_score


def hit(code, worth, family="", effect="score"):
    return {
        "code": code,
        "name": code.upper(),
        "worth": worth,
        "family": family or code,
        "effect": effect,
        "reason": f"because {code}",
        "severity": "high",
        "weight": 1.0,
        "confidence": 1.0,
        "score": 100 * worth,
    }


def decision(hits, *, ml=None, score=0):
    scored = [SimpleNamespace(**each) for each in hits]
    return SimpleNamespace(
        hits=hits,
        rule_score=rule_score(scored),
        ml_score=ml,
        ml_probability=None,
        fraud_score=score,
        effect="",
        degraded=[],
    )


def picture(one, *others, weights=None, moved=None):
    reasons = reasons_of([one.hits, *(other.hits for other in others)])
    return waterfall(one, reasons, weights=weights, measured={}, moved=moved)


@pytest.mark.parametrize("worths", [[0.5], [0.2, 0.6, 0.1], [1.0, 0.5], [0.3] * 12, [0.0, 0.4]])
def test_the_bars_stand_on_each_other_and_end_at_the_rule_score(worths):
    one = decision([hit(f"r{n}", worth) for n, worth in enumerate(worths)])
    bars = [step.bar for step in picture(one).steps if step.bar]
    assert bars[0].start == 0
    for before, after in pairwise(bars):
        assert after.start == pytest.approx(before.start + before.points)
    assert bars[-1].start + bars[-1].points == pytest.approx(one.rule_score)


def test_of_a_family_the_strongest_counts_and_the_other_says_so():
    one = decision([hit("vpn", 0.5, "hidden"), hit("proxy", 0.4, "hidden"), hit("new", 0.2)])
    steps = {step.reason.code: step for step in picture(one).steps}
    assert steps["proxy"].bar is None
    assert steps["proxy"].why_not == "counted with “VPN”"
    assert steps["vpn"].bar.points == pytest.approx(50)


def test_effects_come_first_and_reasons_of_other_alerts_get_no_bar():
    one = decision([hit("a", 0.2), hit("b", 0.6), hit("stop", 0.0, effect="decline")])
    other = decision([hit("elsewhere", 0.9)])
    steps = picture(one, other).steps
    assert [step.reason.code for step in steps] == ["stop", "b", "a", "elsewhere"]
    assert steps[-1].why_not == "on another alert"


def test_what_allows_adds_nothing():
    one = decision([hit("good", 0.9, effect="allow"), hit("b", 0.5)])
    steps = {step.reason.code: step for step in picture(one).steps}
    assert steps["good"].bar is None
    assert steps["b"].bar.points == pytest.approx(50)


def test_without_a_model_there_is_no_part_of_it():
    assert picture(decision([hit("a", 0.5)])).model is None


def test_the_model_stands_on_the_rules_by_its_weight():
    one = decision([hit("a", 0.5)], ml=80.0, score=62)
    found = picture(one, weights=(0.6, 0.4))
    assert found.steps[0].bar.points == pytest.approx(30)
    assert (found.model.bar.start, found.model.bar.points) == (
        pytest.approx(30),
        pytest.approx(32),
    )
    assert found.model.factors is None


def test_with_unknown_weights_no_bar_is_made_up():
    found = picture(decision([hit("a", 0.5)], ml=80.0))
    assert found.steps[0].bar is None
    assert found.model.bar is None


def test_factors_lead_from_the_average_transaction_to_the_models_score():
    moved = [("SIM changed", 30.0), ("account age", -12.0), ("a", 4.0), ("b", 3.0), ("c", -2.0),
             ("d", 1.0)]  # fmt: skip
    found = picture(decision([], ml=34.0), weights=(0.6, 0.4), moved=moved)
    bars = [(each.words, each.bar.signed, each.bar.x) for each in found.model.factors]
    assert bars == [
        ("SIM changed", "+30", 10.0),
        ("account age", "−12", 28.0),
        ("a", "+4", 28.0),
        ("Everything else together", "+2", 32.0),
    ]
    last = found.model.factors[-1].bar
    assert last.start + last.points == 34.0


def test_while_nobody_knows_what_moved_the_model_there_are_no_factors():
    assert picture(decision([], ml=34.0), weights=(0.6, 0.4)).model.factors is None


def rule(condition, *parameters):
    return Definition(
        name="x",
        category="identity",
        condition=condition,
        score="50",
        confidence=1.0,
        severity=Severity.LOW,
        reason="x",
        family="x",
        flag_type="x",
        parameters=tuple(Parameter(name=name, value=value) for name, value in parameters),
    )


@pytest.mark.parametrize(
    ("condition", "parameters", "reason", "found"),
    [
        ("transactions_last_hour > most", [("most", 5.0)], "many", "(transactions last hour 9, limit 5)"),  # noqa: E501
        ("transactions_last_hour > most", [("most", 5.0)], "9 in an hour (limit 5)", ""),
        ("transactions_last_hour > most", [("most", 5.0)], "of 50", "(transactions last hour 9, limit 5)"),  # noqa: E501
        ("account_age_days < youngest", [("youngest", 30.0)], "young", "(account age 5 days, normal from 30 days)"),  # noqa: E501
        ("account_age_days < youngest", [("youngest", 30.0)], "5 days old", "(account age normal from 30 days)"),  # noqa: E501
        ("4 <= transactions_last_hour", [], "many", "(transactions last hour 9, from 4)"),
        ("amount > top", [("top", Money(5_000.0, "USD"))], "much", "(amount NGN 9,000, limit USD 5,000)"),  # noqa: E501
        ("amount > top", [("top", Money(5_000.0, "USD", {"NGN": 8_000.0}))], "much", "(amount NGN 9,000, limit NGN 8,000)"),  # noqa: E501
        ("aml_risk_score > vertical.aml_threshold", [], "risk", "(aml risk score 80, limit 70)"),
        ("ip_is_vpn and account_age_days < 1", [], "hidden", ""),
        ("ip_is_vpn or not phone_valid", [], "hidden", ""),
        ("amount > factor * avg_transaction_amount", [("factor", 3.0)], "much", ""),
        ("failed_login_attempts > 3", [], "unknown", ""),
        ("nonsense ((", [], "broken", ""),
    ],
)  # fmt: skip
def test_a_value_stands_against_its_limit_where_the_words_leave_it_out(
    condition, parameters, reason, found
):
    values = {
        "transactions_last_hour": 9.0,
        "account_age_days": 5.0,
        "amount": 9_000.0,
        "aml_risk_score": 80.0,
        "ip_is_vpn": True,
    }
    shown = measured(rule(condition, *parameters), reason, values, "NGN", {"aml_threshold": 70.0})
    assert shown == found
