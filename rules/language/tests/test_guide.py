"""Every example in docs/rule-language.md is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.types import Type
from rules.language import (
    MoneyParameter,
    Parameter,
    RuleProblems,
    Scope,
    Surroundings,
    Variable,
    check,
    format_problems,
    interpret,
    parse,
)
from rules.language.functions import FUNCTION_NAMES, OPERATORS

GUIDE = Path(__file__).parents[3].joinpath("docs", "rule-language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(rule|score|refused)\n(.*?)\n```", GUIDE, re.DOTALL)


def table_rows(*headings: str) -> Iterator[list[str]]:
    """The rows of every table that has these first headings, cells without their code marks."""
    inside = False
    for line in GUIDE.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[: len(headings)] == list(headings):
            inside = True
        elif inside and not set(line) <= set("|- "):
            yield [cell.strip("`") for cell in cells]


def value_of(text: str) -> Any:
    if text == "missing":
        return None
    amount = re.fullmatch(r"(\d+) ([A-Z]{3})", text)
    if amount:
        return MoneyParameter(float(amount[1]), amount[2])
    value = ast.literal_eval(text)
    return float(value) if type(value) is int else value


def guide_scope() -> tuple[Scope, dict[str, Any], Surroundings]:
    rows = list(table_rows("feature", "type", "value"))
    features = {name: Variable(Type(kind)) for name, kind, _ in rows}
    values = {name: value_of(text) for name, _, text in rows}
    given = {name: value_of(text) for name, text in table_rows("parameter", "value")}
    parameters = {name: Parameter(v) for name, v in given.items() if "." not in name}
    vertical = {name.split(".")[1]: v for name, v in given.items() if "." in name}
    kinds = {
        name: Type.STRINGS if isinstance(v, tuple) else Type.NUMBER for name, v in vertical.items()
    }
    listed = {("email", "blocked_emails")}
    around = Surroundings(vertical, listed, "NGN", {"USD": 1_500.0})
    return Scope(features, parameters, kinds), values, around


SCOPE, ROW, AROUND = guide_scope()
EXAMPLES = [
    *((row[0], row[1]) for row in table_rows("expression", "gives")),
    *((row[2], row[3]) for row in table_rows("operator", "on", "example", "gives")),
    *((row[2], row[3]) for row in table_rows("function", "meaning", "example", "gives")),
]


@pytest.mark.parametrize(("kind", "text"), BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_is_what_it_is_called(kind: str, text: str) -> None:
    if kind != "refused":
        expect = Type.BOOLEAN if kind == "rule" else Type.NUMBER
        assert check(parse(text), SCOPE, expect).warnings == ()
        return
    rule = "\n".join(re.findall(r"^\d+ \| (.*)$", text, re.MULTILINE))
    try:
        problems = check(parse(rule), SCOPE).warnings
    except RuleProblems as error:
        problems = error.problems
    assert format_problems(rule, problems) == text


@pytest.mark.parametrize(("expression", "gives"), EXAMPLES)
def test_an_expression_gives_what_its_row_says(expression: str, gives: str) -> None:
    from rules.language.checker import resolve

    try:
        checked = resolve(parse(expression), SCOPE, Type.BOOLEAN)
    except RuleProblems:
        checked = resolve(parse(expression), SCOPE, Type.NUMBER)
    assert interpret(checked, ROW, AROUND) == value_of(gives)


def test_every_function_and_operator_has_an_example() -> None:
    assert len(EXAMPLES) > 50
    told = {row[0].partition("(")[0] for row in table_rows("function", "meaning")}
    assert told == FUNCTION_NAMES
    signs = " ".join(row[0] for row in table_rows("operator", "on"))
    assert all(symbol in signs for symbol in OPERATORS if symbol != "negative")
