"""Interpreter, generated Python and Polars agree on random trees and random rows."""

from collections.abc import Iterator
from itertools import product

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.types import Type
from rules.language import (
    CompilableRule,
    RuleProblems,
    compile_ruleset,
    interpret,
    parse,
    to_polars,
    unparse,
)
from rules.language.checker import resolve
from rules.language.functions import MEANINGS, OPERATORS
from rules.language.nodes import Node, Tree
from rules.language.terms import Checked
from rules.language.tests.world import POSITIONS, ROWS, SCOPE, VERTICAL, Row, Trees, frame

RELAXED = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ALWAYS = resolve(parse("True"), SCOPE)


def checked(node: Node, expect: Type) -> Checked:
    return resolve(parse(unparse(Tree(node, ""))), SCOPE, expect)


def agree(rules: list[Checked], rows: list[Row]) -> None:
    """All three forms of the rules fire for the same rows."""
    expected = [
        [interpret(rule, row.values, row.surroundings) is True for rule in rules] for row in rows
    ]
    compiled = compile_ruleset(
        [CompilableRule(rule) for rule in rules], positions=POSITIONS, vertical=VERTICAL
    )
    for row, fires in zip(rows, expected, strict=True):
        money = compiled.resolve_money(row.currency, row.known_rates)
        hits, failures = compiled.evaluate(row.vector, money, row.listed)
        assert failures == []
        assert [index in hits for index in range(len(rules))] == fires
    columns = {str(index): to_polars(rule, vertical=VERTICAL) for index, rule in enumerate(rules)}
    table = frame(rows).with_columns(**columns).select(columns.keys())
    assert [list(row) for row in table.rows()] == expected


def one_of_each() -> Iterator[str]:
    """Every function and operator with every mix of constants and features as arguments."""
    samples = {
        Type.NUMBER: ("2", "age"),
        Type.MONEY: ("limit", "amount"),
        Type.STRING: ('"bot"', "agent"),
        Type.BOOLEAN: ("strict", "vpn"),
        Type.TIMESTAMP: ("default(made_at, seen_at)", "made_at"),
        Type.STRINGS: ("bots", "categories"),
    }
    for name, function in MEANINGS.items():
        for signature in function.signatures:
            for parts in product(*(samples[kind] for kind in signature.takes)):
                yield from _applied(name, signature.gives, parts)
    for kind in (Type.NUMBER, Type.MONEY, Type.STRING, Type.BOOLEAN):
        for one, other in product(samples[kind], repeat=2):
            yield from _applied("default", kind, (one, other))
            for condition in ("strict", "vpn", "age > 2", "2 > 1", "known(vpn)"):
                yield from _applied("if_else", kind, (condition, one, other))


def _applied(name: str, gives: Type, parts: tuple[str, ...]) -> Iterator[str]:
    """The application as a condition."""
    if name == "negative":
        text = f"-{parts[0]}"
    elif name in OPERATORS:
        items = "(2, 3)" if name == "in" and parts[0] in ("2", "age") else parts[1]
        text = f"{parts[0]} {name} {items}"
    else:
        text = f"{name}({', '.join(parts)})"
    ends = {Type.NUMBER: " > 1", Type.MONEY: " > 0", Type.STRING: ' == "bot"', Type.BOOLEAN: ""}
    yield text + ends[gives]
    yield f"known({text})"


ONE_OF_EACH = sorted(set(one_of_each()))


@settings(RELAXED, max_examples=4, phases=[Phase.generate])
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_every_function_agrees_on_every_mix_of_constants(rows: list[Row]) -> None:
    assert len(ONE_OF_EACH) > 300
    rules = []
    for text in ONE_OF_EACH:
        try:
            rules.append(resolve(parse(text), SCOPE))
        except RuleProblems as error:
            # Only lists that are features, and patterns that are, cannot be in every place.
            assert "must be written out" in str(error)  # noqa: PT017
    agree(rules, rows)


@RELAXED
@given(
    st.lists(Trees(3).condition, min_size=1, max_size=4), st.lists(ROWS, min_size=1, max_size=12)
)
def test_all_three_agree_on_when_a_condition_fires(nodes: list[Node], rows: list[Row]) -> None:
    rules = [checked(node, Type.BOOLEAN) for node in nodes]
    agree(rules, rows)


@RELAXED
@given(st.lists(Trees(3).number, min_size=1, max_size=4), st.lists(ROWS, min_size=1, max_size=12))
def test_all_three_agree_on_scores(nodes: list[Node], rows: list[Row]) -> None:
    scores = [checked(node, Type.NUMBER) for node in nodes]
    expected = [
        [interpret(score, row.values, row.surroundings) for score in scores] for row in rows
    ]
    compiled = compile_ruleset(
        [CompilableRule(ALWAYS, score) for score in scores], positions=POSITIONS, vertical=VERTICAL
    )
    for row, wanted in zip(rows, expected, strict=True):
        money = compiled.resolve_money(row.currency, row.known_rates)
        got = [compiled.score(index, row.vector, money, row.listed) for index in range(len(scores))]
        assert got == wanted
    columns = {
        str(index): to_polars(score, vertical=VERTICAL) for index, score in enumerate(scores)
    }
    table = frame(rows).with_columns(**columns).select(pl.col(columns.keys()).cast(pl.Float64))
    assert [list(row) for row in table.rows()] == expected


@settings(RELAXED, max_examples=150)
@given(Trees(4).condition)
def test_canonical_text_reads_back_as_the_same_tree(node: Node) -> None:
    tree = parse(unparse(Tree(node, "")))
    assert tree.root == node
    assert unparse(tree) == unparse(Tree(node, ""))


@pytest.mark.slow
@settings(RELAXED, max_examples=700)
@given(Trees(5).condition, st.lists(ROWS, min_size=20, max_size=40))
def test_all_three_agree_at_length(node: Node, rows: list[Row]) -> None:
    rule = checked(node, Type.BOOLEAN)
    agree([rule], rows)
