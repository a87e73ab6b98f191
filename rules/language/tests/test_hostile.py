"""Whatever somebody types: a rule or RuleProblems, soon, and never anything of Python."""

import ast
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from features.types import Type
from rules.language import (
    CompilableRule,
    RuleProblems,
    Scope,
    check,
    compile_ruleset,
    format_problems,
    parse,
    to_polars,
)
from rules.language.functions import FUNCTION_NAMES
from rules.language.nodes import Node, Tree
from rules.language.terms import Checked
from rules.language.tests import world
from rules.language.tests.cast import SCOPE
from rules.language.unparse import unparse

WATCHDOG_S = 30


@contextmanager
def watchdog() -> Iterator[None]:
    """Ends what takes longer than it ever may, so that a hang is a failure and not a hang."""

    def bark(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"took longer than {WATCHDOG_S} s")

    before = signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, WATCHDOG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def survive(text: str, scope: Scope = SCOPE) -> Checked | None:
    """Takes the text through everything; None when it was refused, which is all it may be."""
    for expect in (Type.BOOLEAN, Type.NUMBER):
        with watchdog(), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                checked = check(parse(text), scope, expect)
            except RuleProblems as error:
                refused = format_problems(text, error.problems)
            else:
                run(checked, scope)
                return checked
        assert refused.startswith(("error: ", "warning: "))
    return None


def run(checked: Checked, scope: Scope) -> None:
    """Compiles for Python and Polars, looks at the code and runs it with everything missing."""
    rule = CompilableRule(checked) if checked.type is Type.BOOLEAN else _scored(checked)
    positions = {name: place for place, name in enumerate({**SCOPE.features, **scope.features})}
    compiled = compile_ruleset([rule], positions=positions)
    only_ours(compiled.source)
    values, money = [None] * len(positions), [None] * len(compiled.money_parameters)
    assert compiled.evaluate(values, money)[1] == []
    compiled.score(0, values, money)
    to_polars(checked)


def _scored(score: Checked) -> CompilableRule:
    return CompilableRule(check(parse("ip_is_vpn"), SCOPE), score)


def only_ours(source: str) -> None:
    """Generated code names only what the generator makes up, and reaches into nothing."""
    own = {"values", "money", "listed", "hits", "failures", "error", "load_slowly", "Exception"}
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.Name):
            assert part.id in own or (part.id[0] in "vmKt" and part.id[1:].isdigit()), part.id
        if isinstance(part, ast.Attribute):
            assert part.attr == "append"
            assert isinstance(part.value, ast.Name)
            assert part.value.id in ("hits", "failures")
        assert not isinstance(part, ast.Import | ast.ImportFrom | ast.Lambda | ast.JoinedStr)
        assert not (isinstance(part, ast.Constant) and isinstance(part.value, str))


# Python reads these letters as plain ones.
WIDE_EVAL = "\uff45\uff56\uff41\uff4c"

ATTACKS = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "amount.__class__",
    "vertical.__class__",
    "vertical.__dict__",
    "vertical.currencies.__class__",
    "known.__globals__",
    "max.__self__",
    "eval('1')",
    "exec('1')",
    "open('/etc/passwd')",
    "getattr(amount, 'real')",
    "globals()",
    "breakpoint()",
    "f'{amount.__class__}'",
    "'{0.__class__}'.format(amount)",
    "'%s' % amount",
    "b'abc' == user_agent",
    "[x for x in (1, 2)] == amount",
    "(lambda: 1)()",
    "(amount := 5) > 3",
    "(yield 5)",
    "await amount",
    "*usual_categories",
    "max(*usual_categories)",
    "max(**usual_categories)",
    "known(x=amount)",
    "amount if ip_is_vpn else 5",
    "{1: 2}[1]",
    "{1, 2}",
    "...",
    "`ls`",
    "1j > 5",
    "9**9**9**9",
    "9" * 3_900,
    "0x" + "f" * 1_000,
    "1e999999999",
    "1e308 * 10 > login_hour",
    "'a' * 999999999 == user_agent",
    "(" * 100_000 + "ip_is_vpn" + ")" * 100_000,
    "(" * 1_900 + "ip_is_vpn" + ")" * 1_900,
    "[" * 1_900 + "]" * 1_900,
    "-" * 3_900 + "1 > login_hour",
    "not " * 900 + "ip_is_vpn",
    "~" * 3_900 + "1",
    "+".join(["login_hour"] * 350) + " > 5",
    " < ".join(["login_hour"] * 350),
    " and ".join(["ip_is_vpn"] * 390),
    " or ".join([f"login_hour == {hour}" for hour in range(24)] * 6),
    "abs(" * 31 + "login_hour" + ")" * 31 + " > 5",
    "if_else(ip_is_vpn, 1, " * 31 + "2" + ")" * 31 + " == 2",
    "if_else(" * 30 + "ip_is_vpn" + ", ip_is_vpn, ip_is_proxy)" * 30,
    "default(" * 31 + "login_hour" + ", 1)" * 31 + " > 5",
    "known(" * 32 + "login_hour" + ")" * 32,
    "min(" * 15 + "login_hour" + ", login_hour % 7)" * 15 + " > 5",
    "matches(user_agent, '(a+)+$')",
    "matches(user_agent, '((((((((((a*)*)*)*)*)*)*)*)*)*$')",
    "matches(user_agent, 'a{1000}{1000}')",
    "matches(user_agent, '((a{500}){500}){500}')",
    "matches(user_agent, '" + "(" * 199 + "')",
    "matches(user_agent, '(?P<x>a)(?P=x)')",
    r"matches(user_agent, r'(a)\1')",
    "matches(user_agent, '(?<=a)b')",
    "matches(user_agent, '[[:alpha:]&&[^a]]')",
    f"{WIDE_EVAL}('1')",
    "\uff4bnown(amount)",
    "kno\u200bwn(amount)",
    "known(amount)\u2028or ip_is_vpn",
    "\0",
    "ip_is_vpn\0",
    "user_agent == '\0'",
    r"user_agent == '\x00'",
    "user_agent == '\ud800'",
    r"user_agent == '\ud800'",
    r"user_agent == '\U00110000'",
    r"user_agent == '\N{DIGIT ONE}'",
    "\ufeffip_is_vpn",
    "ip_is_vpn\rimport os",
    "ip_is_vpn\nimport os",
    "ip_is_vpn\\\n and ip_is_proxy",
    "ip_is_vpn) or (ip_is_proxy",
    "ip_is_vpn)\n#",
    "'''a''' == user_agent",
    "'a\\\nb' == user_agent",
    "# -*- coding: utf-7 -*-",
    "",
    " ",
    "()",
    ",",
    "'",
    "not",
    "not in",
    "in",
]


@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_it_survives_a_known_attack(text: str) -> None:
    checked = survive(text)
    if checked is not None:
        assert survive(unparse(checked.tree)) is not None


LARGE = [
    "if_else(ip_is_vpn, 1, " * 30 + "login_hour" + ")" * 30 + " == 2",
    "if_else(" * 30 + "ip_is_vpn" + ", ip_is_vpn, ip_is_proxy)" * 30,
    "default(" * 30 + "login_hour" + ", login_hour)" * 30 + " > 5",
    "min(" * 15 + "login_hour" + ", login_hour % 7)" * 15 + " > 5",
    "not (ip_is_proxy or " * 15 + "ip_is_vpn" + ")" * 15,
    "+".join(["failed_logins"] * 30) + " > 5",
    " or ".join(f"failed_logins == {number}" for number in range(140)),
]


@pytest.mark.parametrize("text", LARGE, ids=range(len(LARGE)))
def test_a_rule_as_large_as_is_allowed_compiles(text: str) -> None:
    assert survive(text) is not None


PIECES = st.sampled_from(
    [
        *("and", "or", "not", "in", "is", "if", "else", "lambda", "for", "None", "True", "import"),
        *("(", ")", "[", "]", "{", "}", ",", ".", ":", ":=", "=", "==", "!=", "<", ">", "*", "**"),
        *("+", "-", "/", "//", "%", "&", "|", "~", "@", "#", ";", "\\", "`", "$", "?", "!", "..."),
        *("1", "0", "1e999", "1_0", "0x1", "1j", "007", "''", '"a"', "r'\\d'", "f'{a}'", "b''"),
        *("__class__", "__import__", "eval", "vertical", "vertical.currencies", WIDE_EVAL, "é"),
        *(" ", "\n", "\t", "\r", "\0", "\u200b", "\ud800", "'", '"', "'''", "(a+)+$", "a{500}"),
        *SCOPE.features,
        *SCOPE.parameters,
        *sorted(FUNCTION_NAMES),
    ]
)
FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.text(max_size=200))
@example("ip_is_vpn")
def test_it_survives_any_text(text: str) -> None:
    survive(text)


@FUZZ
@given(st.lists(PIECES, max_size=25), st.sampled_from(["", " "]))
def test_it_survives_any_jumble_of_pieces(pieces: list[str], glue: str) -> None:
    survive(glue.join(pieces))


@settings(FUZZ, max_examples=125)
@given(world.Trees(3).condition, st.data())
def test_it_survives_a_rule_with_a_splinter_in_it(node: Node, data: st.DataObject) -> None:
    text = unparse(Tree(node, ""))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    survive(text[:start] + data.draw(PIECES) + text[end:], world.SCOPE)


@settings(FUZZ, max_examples=125)
@given(st.text(st.sampled_from("ab(){}[]|*+?^$.\\dwsbBDAzQEnxpP0159,-:i<=!&~é "), max_size=25))
def test_it_survives_any_pattern(pattern: str) -> None:
    quoted = pattern.replace("\\", "\\\\")
    survive(f'matches(user_agent, "{quoted}")')
