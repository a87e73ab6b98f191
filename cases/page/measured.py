"""Values against limits, where a reason's own words leave them out. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from features.catalogue import CATALOGUE
from features.framework import Value
from features.types import Type
from rules.definition import Definition
from rules.language import RuleProblems, parse
from rules.language.nodes import Comparison, Junction, Literal, Name, Node, VerticalName
from rules.reasons import say, say_constant, say_value
from transactions.feature_text import readable

MOST: Final = 3
_WORDS: Final = {">": "limit", ">=": "from", "<": "normal from", "<=": "normal above"}
_TURNED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def measured(
    definition: Definition,
    reason: str,
    values: Mapping[str, Value],
    currency: str,
    vertical: Mapping[str, object],
) -> str:
    """ "identity theft alerts: 3 (limit 1)", of the rule's plain comparisons of a feature with a
    limit; without those whose limit the reason tells."""
    told = []
    for feature, operator, limit in _comparisons(definition.condition):
        value = values.get(feature)
        words = _limit(limit, definition, vertical)
        if not words or not isinstance(value, int | float) or isinstance(value, bool):
            continue
        if words in reason:
            continue
        name = feature.replace("_", " ")
        told.append(f"{name}: {_value(feature, value, currency)} ({_WORDS[operator]} {words})")
    return ", ".join(told[:MOST])


def _comparisons(condition: str) -> Iterator[tuple[str, str, Node]]:
    try:
        yield from _walk(parse(condition).root)
    except RuleProblems:  # a language that was changed since
        return


def _walk(node: Node) -> Iterator[tuple[str, str, Node]]:
    if isinstance(node, Junction):
        for operand in node.operands:
            yield from _walk(operand)
    if not isinstance(node, Comparison) or len(node.operators) != 1:
        return
    left, right = node.operands
    operator = node.operators[0]
    if operator not in _WORDS:
        return
    if isinstance(left, Name) and left.name in CATALOGUE.index:
        yield left.name, operator, right
    elif isinstance(right, Name) and right.name in CATALOGUE.index:
        yield right.name, _TURNED[operator], left


def _limit(node: Node, definition: Definition, vertical: Mapping[str, object]) -> str:
    """Words for the limit; none for what is no plain one."""
    if isinstance(node, Literal) and isinstance(node.value, float):
        return say_constant(node.value)
    if isinstance(node, VerticalName) and isinstance(vertical.get(node.name), float):
        return say_constant(vertical[node.name])
    if isinstance(node, Name):
        for parameter in definition.parameters:
            if parameter.name == node.name:
                return say_value(parameter.value)
    return ""


def _value(feature: str, value: float, currency: str) -> str:
    known = CATALOGUE.get(feature)
    if known is not None and known.type is Type.MONEY:
        return say(value, Type.MONEY, currency)
    return readable(feature, value, currency)
