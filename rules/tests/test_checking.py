"""What may not be saved, and how its author is told."""

from collections.abc import Callable
from typing import Any

import pytest

from rules import checking
from rules.checking import check_definition
from rules.definition import Money, Parameter
from rules.errors import Invalid
from rules.list_names import ListNames
from rules.tests.cast import evaluate, make_book, make_definition, publish

LIMIT = Parameter("limit", Money(5000, "USD"), 1, 9000)


def findings(**fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        check_definition(make_definition(**fields))
    return [(finding.field, finding.message) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"condition": "amonut > limit"}, "condition", "did you mean `amount`"),
        ({"condition": "amount > limit and"}, "condition", ""),
        ({"condition": "amount"}, "condition", ""),
        ({"condition": ""}, "condition", ""),
        ({"condition": "ensemble_score > 5 and amount > limit"}, "condition", "after the decision"),
        ({"score": "amount > limit"}, "score", ""),
        ({"score": "101"}, "score", "between 0 and 100"),
        ({"score": "-1"}, "score", "between 0 and 100"),
        ({"score": "__import__('os')"}, "score", ""),
        ({"confidence": 1.01}, "confidence", "between 0 and 1"),
        ({"confidence": float("nan")}, "confidence", "between 0 and 1"),
        ({"name": "  "}, "name", "empty"),
        ({"name": "x" * 121}, "name", "At most 120"),
        ({"description": "a\0b"}, "description", "cannot be stored"),
        ({"category": "weather"}, "category", "identity"),
        ({"family": ""}, "family", "lower-case"),
        ({"flag_type": "High Amount"}, "flag_type", "lower-case"),
        ({"tags": ("x" * 33,)}, "tags", "32"),
        ({"only": ("lottery",)}, "only", "lottery"),
        ({"only": ("crypto",), "exclude": ("gaming",)}, "exclude", "not both"),
        ({"parameters": (LIMIT, LIMIT)}, "parameters", "twice"),
        ({"parameters": (LIMIT, Parameter("idle", 5, 1, 9))}, "parameters", "used nowhere"),
        ({"parameters": ()}, "condition", "limit"),
        ({"parameters": (Parameter("limit", Money(5000, "USD")),)}, "parameters", "a minimum"),
        (
            {"parameters": (Parameter("limit", Money(5000, "USD"), 10, 1),)},
            "parameters",
            "not above the maximum",
        ),
        (
            {"parameters": (Parameter("limit", Money(9001, "USD"), 1, 9000),)},
            "parameters",
            "above its maximum",
        ),
        (
            {"parameters": (Parameter("limit", Money(5000, "ABC"), 1, 9000),)},
            "parameters",
            "ISO 4217",
        ),
        (
            {"parameters": (Parameter("limit", Money(5000, "USD", {"NGN": -1}), 1, 9000),)},
            "parameters",
            "not negative",
        ),
        (
            {"parameters": (Parameter("limit", Money(float("inf"), "USD"), 1, 9000),)},
            "parameters",
            "finite",
        ),
        (
            {"parameters": (Parameter("limit", "a text", float("nan")),)},
            "parameters",
            "finite bounds",
        ),
        (
            {"parameters": (Parameter("limit", True, 1, float("inf")),)},
            "parameters",
            "finite bounds",
        ),
        (
            {"parameters": (Parameter("limit", Money(5000, "USD"), 1, 9000, doc="a\0"),)},
            "parameters",
            "cannot be stored",
        ),
        (
            {"parameters": (Parameter("limit", Money(5000, "USD"), 1, 9000, unit="x" * 33),)},
            "parameters",
            "too long",
        ),
        ({"reason": " "}, "reason", "empty"),
        ({"reason": "{amount"}, "reason", "lone {"),
        ({"reason": "{amonut} {limit}"}, "reason", "Did you mean amount?"),
        ({"reason": "{vertical.colour}"}, "reason", "no value of a vertical"),
        ({"reason": "{email} {limit}"}, "reason", "identifies a person"),
        ({"reason": "{card_number} {limit}"}, "reason", "no feature"),
        ({"reason": "{ensemble_score}"}, "reason", "after the decision"),
        ({"reason": "x" * 301}, "reason", "At most 300"),
    ],
)
def test_a_fault_is_found_in_its_field(fields: dict[str, Any], field: str, message: str) -> None:
    found = findings(**fields)
    assert any(f == field and message in m for f, m in found), found


def test_every_fault_is_told_at_once() -> None:
    fields = {field for field, _ in findings(condition="x >", score="y", name="", confidence=2.0)}
    assert fields >= {"condition", "score", "name", "confidence"}


def test_a_fault_of_the_language_shows_line_caret_and_hint() -> None:
    with pytest.raises(Invalid) as caught:
        check_definition(make_definition(condition="amonut > limit"))
    block = caught.value.findings[0].block
    assert "1 | amonut > limit" in block
    assert "^^^^^^" in block
    assert "did you mean `amount`?" in block


def test_a_fault_of_a_parameter_is_told_once_though_two_expressions_are_checked() -> None:
    wrong = Parameter("limit", Money(9001, "USD"), 1, 9000)
    assert len(findings(parameters=(wrong,))) == 1


def test_a_sound_rule_passes_with_its_doubts() -> None:
    checked = check_definition(make_definition())
    assert checked.warnings == ()
    assert checked.condition.parameters == ("limit",)


ON_A_LIST = {
    "condition": 'listed(email_domain, "dispsable_domains")',
    "parameters": (),
    "reason": "x",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two sources of list names, one in memory and one that is slow; who was asked, in order."""
    asked: list[str] = []

    def source(name: str, *lists: str) -> Callable[[], frozenset[str]]:
        return lambda: asked.append(name) or frozenset(lists)  # type: ignore[func-returns-value]

    names = ListNames()
    monkeypatch.setattr(checking, "LIST_NAMES", names)
    checking.register_list_source(source("memory", "disposable_domains", "bad_ips"))
    checking.register_list_source(source("database", "vip_customers"))
    return asked


def test_a_list_that_is_not_there_is_refused_with_the_one_probably_meant(asked: list[str]) -> None:
    (found,) = findings(**ON_A_LIST)
    assert found[0] == "condition"
    assert 'there is no list "dispsable_domains"' in found[1]
    assert "did you mean `disposable_domains`?" in found[1]


@pytest.mark.parametrize(
    ("name", "sources"),
    [("disposable_domains", ["memory"]), ("vip_customers", ["memory", "database"])],
)
def test_a_known_list_is_accepted_and_slow_sources_are_asked_last(
    asked: list[str], name: str, sources: list[str]
) -> None:
    fields = {**ON_A_LIST, "condition": f'listed(email_domain, "{name}")'}
    check_definition(make_definition(**fields))
    assert asked == sources


def test_a_rule_that_names_no_list_asks_nobody(asked: list[str]) -> None:
    check_definition(make_definition())
    assert asked == []


def test_a_published_rule_goes_on_when_its_list_was_taken_away(asked: list[str]) -> None:
    check_definition(make_definition(**ON_A_LIST), any_list=True)
    book = make_book(publish(make_definition(**ON_A_LIST)))
    assert book.broken == ()
    assert evaluate(book, email="ada@example.com").errors == ()


def test_where_nobody_keeps_lists_every_name_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "LIST_NAMES", ListNames())
    check_definition(make_definition(**ON_A_LIST))
