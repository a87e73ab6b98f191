"""Conditions that never or always hold are found, and no others."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.types import Type
from rules.language import RuleProblems, Severity, interpret, parse, unparse
from rules.language.analysis import findings
from rules.language.checker import resolve
from rules.language.nodes import Node, Tree
from rules.language.tests.cast import checked
from rules.language.tests.world import FEATURES, ROWS, SCOPE, Row, Trees

NEVER = [
    "login_hour > 25",
    "login_hour > 5 and login_hour < 3",
    "login_hour >= 5 and login_hour < 5",
    "3 > login_hour > 5",
    "login_hour == 5 and login_hour != 5",
    "login_hour in (5, 7) and login_hour > 7",
    "login_hour in (1, 2) and login_hour not in (1, 2, 3) and login_hour == 1",
    "ip_is_vpn and not ip_is_vpn",
    "not (ip_is_vpn or not ip_is_vpn)",
    "ip_is_vpn and (ip_is_proxy or login_hour > 30) and not ip_is_proxy",
    'ip_country == "NG" and ip_country in ("KE", "GH")',
    'ip_country == "NG" and ip_country != "NG"',
    'channel == "telephone"',
    'channel not in ("app", "branch", "web")',
    "amount > limit and amount <= small",
    "amount < 0",
    "amount < limit and limit < 0",
    "abs(login_hour) < 0",
    "min(login_hour, failed_logins) > 23",
    "login_hour + 1 > 24",
    "hour_of(made_at) == 24",
    "length(user_agent) < 0",
    "not known(amount) and amount > small",
    "amount / average_amount > 3 and amount / average_amount < 2",
    'listed(email, "blocked_emails") and not listed(email, "blocked_emails")',
    "False",
    "5 < 3",
    'contains("abc", "z")',
    "failed_logins > max_logins and failed_logins < 2",
]
ALWAYS = [
    "True",
    "login_hour >= 0",
    "login_hour < 3 or login_hour >= 3",
    "ip_is_vpn or not ip_is_vpn",
    "known(amount) or not known(amount)",
    'channel in ("app", "branch", "web")',
    "amount >= 0",
    "abs(failed_logins - 3) >= 0",
    'ip_country == "NG" or ip_country != "NG"',
    "not (login_hour > 25)",
]
SOMETIMES = [
    "login_hour > 22",
    "login_hour >= 5 and login_hour <= 5",
    "login_hour != 5 and login_hour != 6",
    "not known(login_hour)",
    "known(amount)",
    "default(ip_is_vpn, True) and not default(ip_is_proxy, True)",
    "not known(amount) or amount > small",
    "amount > small and amount < limit",
    "default(login_hour, 30) > 25",
    "amount > limit * 2 and amount < limit * 3",
    'ip_country == "NG" or home_country != "NG"',
    "failed_logins > vertical.aml_threshold",
]


@pytest.mark.parametrize("text", NEVER)
def test_a_condition_that_never_fires_is_refused(text: str) -> None:
    with pytest.raises(RuleProblems, match="never be true"):
        checked(text)


@pytest.mark.parametrize("text", ALWAYS)
def test_a_condition_that_always_fires_is_refused(text: str) -> None:
    with pytest.raises(RuleProblems, match="always true"):
        checked(text)


@pytest.mark.parametrize("text", SOMETIMES)
def test_a_condition_that_fires_sometimes_passes_without_a_word(text: str) -> None:
    assert checked(text).warnings == ()


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("ip_is_vpn and (login_hour > 5 or login_hour > 30)", 34, "never be true"),
        ("login_hour > 5 and login_hour > 3", 20, "never false"),
        ("ip_is_vpn and login_hour >= 0", 15, "never false"),
        ("ip_is_vpn or login_hour > 3 and login_hour > 40", 14, "never be true"),
    ],
)
def test_an_idle_part_is_a_warning(text: str, column: int, message: str) -> None:
    (warning,) = checked(text).warnings
    assert warning.severity is Severity.WARNING
    assert (warning.column, message in warning.message) == (column, True)


@pytest.mark.parametrize("text", ["login_hour / 0", "5 % 0", "login_hour // (0)"])
def test_a_score_divided_by_zero_is_refused(text: str) -> None:
    with pytest.raises(RuleProblems, match="division by zero"):
        checked(text, Type.NUMBER)


def as_declared(row: Row) -> Row:
    """The row with what its features do not allow missing, as in a stored vector."""
    for name, feature in FEATURES.items():
        value = row.values[name]
        allowed = feature.choices is None or value in feature.choices
        if feature.minimum is not None and value is not None:
            allowed = feature.minimum <= value <= (feature.maximum or 0.0)
        if not allowed:
            row.values[name] = None
    # Rates are above zero.
    row.rates.update({code: abs(rate) + 0.5 for code, rate in row.rates.items() if rate})
    return row


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(Trees(2).condition, st.data())
def test_what_is_called_never_or_always_true_is(node: Node, data: st.DataObject) -> None:
    text = unparse(Tree(node, ""))
    condition = resolve(parse(text), SCOPE)
    found = findings(condition.term, SCOPE)
    if not any(problem.severity is Severity.ERROR for problem in found):
        return
    rows = data.draw(st.lists(ROWS.map(as_declared), min_size=3, max_size=8))
    answers = {interpret(condition, row.values, row.surroundings) for row in rows}
    for problem in found:
        if "never be true" in problem.message:
            assert True not in answers, text
        if "always true" in problem.message:
            assert False not in answers, text
