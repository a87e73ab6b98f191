"""The rule language: small, typed, safe expressions over features and parameters.

A rule goes through steps, each a module: `lexer` and `parser` (text to tree),
`checker` (names and types; `analysis` finds what can never or always be true), then one checked
tree with three meanings: `interpreter` (the reference), `python_code` with `compile` (scoring) and
`polars_code` (history).

    >>> from features.types import Type
    >>> scope = Scope(
    ...     features={"amount": Variable(Type.MONEY), "ip_is_vpn": Variable(Type.BOOLEAN)},
    ...     parameters={"limit": Parameter(MoneyParameter(5_000.0, "USD"))},
    ... )
    >>> condition = check(parse("amount > limit and not ip_is_vpn"), scope)
    >>> score = check(parse("min(80, amount / limit * 40)"), scope, expect=Type.NUMBER)
    >>> rule = CompilableRule(condition, score)
    >>> ruleset = compile_ruleset([rule], positions={"amount": 0, "ip_is_vpn": 1})
    >>> money = ruleset.resolve_money("NGN", {"USD": 1_500.0})
    >>> values = [9_000_000.0, False]
    >>> ruleset.evaluate(values, money), ruleset.score(0, values, money)
    (([0], []), 48.0)

The calls, in the order of use:

- ``parse(text) -> Tree`` and ``check(tree, scope, expect=Type.BOOLEAN) -> Checked`` raise only
  `RuleProblems` (``.problems``: `Problem` with message, line, column, end_column, hint, severity;
  lines and columns from 1, line 0 = no place in the text). ``Checked.warnings`` are problems that
  do not matter enough. ``format_problems(text, problems)`` prints them as a compiler does;
  ``unparse(tree)`` gives the canonical text.
- ``Scope(features, parameters, vertical, lists, unreadable)``: features by name (catalogue features
  fit as they are), `Parameter` (value, minimum, maximum, unit) by name, the vertical's values'
  types, known list names (None = any).
- ``dependencies(checked) -> Dependencies``: features, lists, vertical, parameters, currencies.
- ``compile_ruleset(rules, positions=..., vertical=...) -> CompiledRuleset`` with
  ``.evaluate(values, money, listed)`` giving ``(hit positions, [(position, exception)])``,
  ``.score(position, values, money, listed)``, ``.resolve_money(currency, rates)`` and
  ``.money_parameters``.
- ``interpret(checked, row, Surroundings(vertical, listed, currency, rates))``: fires when the
  answer is True.
- ``to_polars(checked, vertical=...) -> pl.Expr``: see `polars_code` for the columns.
- ``resolve_money(parameter, currency, rates)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.language.checker import check
from rules.language.compile import CompilableRule, CompiledRuleset, compile_ruleset
from rules.language.interpreter import Surroundings, interpret
from rules.language.parser import parse
from rules.language.problems import Problem, RuleProblems, Severity, format_problems
from rules.language.scope import (
    MoneyParameter,
    Parameter,
    ParameterValue,
    Scope,
    Variable,
    resolve_money,
)
from rules.language.terms import Checked, Dependencies, dependencies
from rules.language.unparse import unparse

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Checked",
    "CompilableRule",
    "CompiledRuleset",
    "Dependencies",
    "MoneyParameter",
    "Parameter",
    "Problem",
    "RuleProblems",
    "Scope",
    "Severity",
    "Surroundings",
    "Variable",
    "check",
    "compile_ruleset",
    "dependencies",
    "format_problems",
    "interpret",
    "parse",
    "resolve_money",
    "to_polars",
    "unparse",
]


def to_polars(
    checked: Checked, *, vertical: Mapping[str, ParameterValue | None] | None = None
) -> pl.Expr:
    """The rule over a table of history; `polars_code` tells the columns that it reads.

    A condition becomes a boolean without nulls, true where the rule fires; a score a float, null
    where missing. A score that is a constant has one row: add it with ``with_columns``.
    """
    # Imported late: Polars takes a fifth of a second, and a scoring worker never needs it.
    from rules.language.polars_code import polars_expression

    return polars_expression(checked, vertical or {})
