"""The builder's view of a condition: the same tree, both ways."""

from typing import Any

import pytest
from hypothesis import given

from rules.catalogue import built_in_rules
from rules.language import RuleProblems, parse, unparse
from rules.language.nodes import Tree
from rules.language.tests.world import Trees
from studio.editor.builder import from_builder, to_builder


def there_and_back(text: str) -> str:
    return unparse(Tree(from_builder(to_builder(parse(text).root)), ""))


@given(Trees(3).condition)
def test_what_the_builder_gives_back_is_the_tree_that_it_got(node):
    assert from_builder(to_builder(node)) == node


@pytest.mark.parametrize("built_in", built_in_rules(), ids=lambda rule: rule.code)
def test_every_built_in_condition_survives_the_builder(built_in):
    tree = parse(built_in.definition.condition)
    assert from_builder(to_builder(tree.root)) == tree.root


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("amount > limit", {"operator": ">", "negated": False}),
        ("ip_is_vpn", {"operator": "is", "negated": False}),
        ("not ip_is_vpn", {"operator": "is", "negated": True}),
        ('listed(email, "bad")', {"operator": "listed", "negated": False}),
        ("7 <= age < 30", {"operator": "between", "ends": ["<=", "<"]}),
        ("amount / average > 3", {"operator": ">"}),
    ],
)
def test_a_test_is_shown_as_one(text: str, part: dict[str, Any]):
    [shown] = to_builder(parse(text).root)["parts"]
    assert shown["kind"] == "test"
    assert {name: shown[name] for name in part} == part


@pytest.mark.parametrize(
    "text", ["not not vpn", "1 < a < b < 9", "if_else(vpn, new_device, strict)", "True"]
)
def test_what_it_cannot_show_stands_there_as_text(text: str):
    [shown] = to_builder(parse(text).root)["parts"]
    assert shown["kind"] == "raw"
    assert there_and_back(text) == text


def test_a_group_in_a_group_keeps_its_brackets():
    text = "a > 1 and not (b or (c or d) and not e)"
    shown = to_builder(parse(text).root)
    assert shown["parts"][1]["kind"] == "group"
    assert shown["parts"][1]["negated"]
    assert there_and_back(text) == text


def test_parts_tell_where_they_stand():
    shown = to_builder(parse("a > 1\nand vpn").root)
    assert [part["at"] for part in shown["parts"]] == [[1, 1, 1, 6], [2, 5, 2, 8]]


NAME = {"kind": "name", "value": "amount"}


def above(number: str) -> dict[str, Any]:
    operands = [NAME, {"kind": "number", "value": number}]
    return {"kind": "test", "operator": ">", "operands": operands}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (None, "no part of a condition"),
        ({"kind": "group", "join": "xor", "parts": []}, "with `and` or with `or`"),
        ({"kind": "group", "join": "and", "parts": []}, "a group is empty"),
        ({"kind": "test", "operator": ">", "operands": [NAME]}, "too few values"),
        ({"kind": "test", "operator": "eval", "operands": [NAME]}, "is not known"),
        ({"kind": "test", "operator": "between", "operands": [NAME] * 3}, "two comparisons"),
        (above("x"), "is no number"),
        (above(""), "a number is missing"),
        ({"kind": "raw", "text": "import os"}, "not part of the rule language"),
        ({"kind": "raw", "text": 5}, "a value is missing"),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_in_words(part: Any, message: str):
    with pytest.raises(RuleProblems, match=message):
        from_builder(part)


def test_a_builder_nested_without_end_is_refused():
    part: dict[str, Any] = {"kind": "raw", "text": "vpn"}
    for _ in range(200):
        part = {"kind": "group", "join": "and", "parts": [part, part]}
    with pytest.raises(RuleProblems, match="too deeply"):
        from_builder(part)
