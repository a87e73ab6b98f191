"""Interpreter, generated Python and Polars agree on random trees and random rows."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.types import Type
from rules.language import CompilableRule, compile_ruleset, interpret, parse, to_polars, unparse
from rules.language.checker import resolve
from rules.language.nodes import Node, Tree
from rules.language.terms import Checked
from rules.language.tests.world import POSITIONS, ROWS, SCOPE, VERTICAL, Row, Trees, frame

RELAXED = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ALWAYS = resolve(parse("True"), SCOPE)


def checked(node: Node, expect: Type) -> Checked:
    return resolve(parse(unparse(Tree(node, ""))), SCOPE, expect)


def fired_by_python(rules: list[Checked], row: Row) -> list[int]:
    compiled = compile_ruleset(
        [CompilableRule(rule) for rule in rules], positions=POSITIONS, vertical=VERTICAL
    )
    money = compiled.resolve_money(row.currency, row.known_rates)
    hits, failures = compiled.evaluate(row.vector, money, row.listed)
    assert failures == []
    return hits


@RELAXED
@given(
    st.lists(Trees(3).condition, min_size=1, max_size=4), st.lists(ROWS, min_size=1, max_size=12)
)
def test_all_three_agree_on_when_a_condition_fires(nodes: list[Node], rows: list[Row]) -> None:
    rules = [checked(node, Type.BOOLEAN) for node in nodes]
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


@settings(RELAXED, max_examples=300)
@given(Trees(4).condition)
def test_canonical_text_reads_back_as_the_same_tree(node: Node) -> None:
    tree = parse(unparse(Tree(node, "")))
    assert tree.root == node
    assert unparse(tree) == unparse(Tree(node, ""))


@pytest.mark.slow
@settings(RELAXED, max_examples=5_000)
@given(Trees(5).condition, st.lists(ROWS, min_size=20, max_size=40))
def test_all_three_agree_at_length(node: Node, rows: list[Row]) -> None:
    rule = checked(node, Type.BOOLEAN)
    expected = [interpret(rule, row.values, row.surroundings) is True for row in rows]
    assert [fired_by_python([rule], row) == [0] for row in rows] == expected
    table = frame(rows).with_columns(fires=to_polars(rule, vertical=VERTICAL))
    assert table["fires"].to_list() == expected
