"""What an author reads when a rule is refused. The texts are pinned in `refusals.txt`.

To write them anew after a change on purpose: ``UPDATE_SNAPSHOTS=1 pytest <this file>``.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.types import Type
from rules.language import (
    MoneyParameter,
    Parameter,
    RuleProblems,
    Scope,
    check,
    format_problems,
    parse,
)
from rules.language.tests.cast import SCOPE, checked

PINNED = Path(__file__).with_name("refusals.txt")
INPUTS = Path(__file__).with_name("refused.txt")
RULE = "\n" + "=" * 72 + "\n"


def refused_texts() -> list[str]:
    """One rule a line; `\\n` in a line stands for a line break."""
    lines = INPUTS.read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n") for line in lines if line.strip()]


def told(text: str) -> str:
    """What the author is told: errors, or warnings when it passes."""
    kind = Type.NUMBER if text.startswith("score: ") else Type.BOOLEAN
    text = text.removeprefix("score: ")
    try:
        problems = check(parse(text), SCOPE, kind).warnings
    except RuleProblems as error:
        problems = error.problems
    assert problems, f"nothing is said about {text!r}"
    return format_problems(text, problems)


def test_the_texts_of_all_problems_are_as_pinned() -> None:
    now = RULE.join(told(text) for text in refused_texts()) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PINNED.write_text(now, encoding="utf-8")
    assert now == PINNED.read_text(encoding="utf-8")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(RuleProblems) as caught:
        checked("amonut > limit and ip_contry == 'NG' or amount > 5")
    assert [problem.column for problem in caught.value.problems] == [1, 20, 41]


def test_a_problem_in_the_third_line_is_shown_there() -> None:
    text = 'amount > limit\nand ip_country == "ÉÉ"\nand nothing'
    with pytest.raises(RuleProblems) as caught:
        checked(text)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.end_column) == (3, 5, 12)


def test_columns_count_characters_not_bytes() -> None:
    with pytest.raises(RuleProblems) as caught:
        checked('ip_country == "ÉÉÉÉ" and nothing')
    assert caught.value.problems[0].column == 26


def bad_parameters() -> Iterator[tuple[str, Parameter, str]]:
    yield "amount", Parameter(1.0), "has the name of a feature"
    yield "fraud_score", Parameter(1.0), "has the name of a feature"
    yield "known", Parameter(1.0), "belongs to the language"
    yield "vertical", Parameter(1.0), "belongs to the language"
    yield "Big", Parameter(1.0), "small letters"
    yield "is", Parameter(1.0), "small letters"
    yield "x" * 100, Parameter(1.0), "small letters"
    yield "x", Parameter(11.0, 1.0, 10.0), "above its maximum 10"
    yield "x", Parameter(0.0, 1.0, 10.0), "below its minimum 1"
    yield "x", Parameter(float("nan")), "finite"
    yield "x", Parameter(10**400), "finite"
    yield "x", Parameter("a" * 501), "too long"
    yield "x", Parameter("\ud800"), "not allowed"
    yield "x", Parameter(("a",) * 1_001), "too many"
    yield "x", Parameter((1, 2)), "strings only"  # type: ignore[arg-type]
    yield "x", Parameter(None), "unknown type"  # type: ignore[arg-type]
    yield "x", Parameter(MoneyParameter(5.0, "usd")), "capital letters"
    yield "x", Parameter(MoneyParameter(5.0, "USD", {"Naira": 1.0})), "capital letters"
    yield "x", Parameter(MoneyParameter(float("inf"), "USD")), "finite amounts"
    yield "x", Parameter(MoneyParameter(5.0, "USD"), 10.0), "below its minimum 10"


@pytest.mark.parametrize(("name", "parameter", "message"), bad_parameters())
def test_a_bad_parameter_is_refused(name: str, parameter: Parameter, message: str) -> None:
    scope = Scope(SCOPE.features, {name: parameter}, unreadable=SCOPE.unreadable)
    with pytest.raises(RuleProblems, match=message):
        check(parse("ip_is_vpn"), scope)
