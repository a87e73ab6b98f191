"""Values against limits, where a reason's own words leave them out. Pure."""

import re
from collections.abc import Iterator, Mapping
from operator import ge, gt, le, lt
from typing import Final

from features.catalogue import CATALOGUE
from features.framework import Value
from features.types import Type
from foundation.durations import SECONDS, say_duration
from rules.definition import Definition, Money
from rules.language import RuleProblems, parse
from rules.language.nodes import Comparison, Junction, Literal, Name, Node, VerticalName
from rules.reasons import say, say_number

MOST: Final = 2
_SAID: Final = {">": "limit", ">=": "from", "<": "normal from", "<=": "normal above"}
_HOLDS: Final = {">": gt, ">=": ge, "<": lt, "<=": le}
_TURNED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def measured(
    definition: Definition,
    reason: str,
    values: Mapping[str, Value],
    currency: str,
    vertical: Mapping[str, object],
) -> str:
    """ "(identity theft alerts 3, limit 1)", of the rule's plain comparisons of a feature with a
    limit; without those whose limit the reason tells."""
    told = []
    for feature, operator, node in _comparisons(definition.condition):
        value = values.get(feature)
        limit = _limit(node, definition, vertical)
        if limit is None or not isinstance(value, int | float) or isinstance(value, bool):
            continue
        words = _words(feature, limit, currency)
        if words and not _says(reason, words) and _holds(value, operator, limit):
            measure = _words(feature, value, currency)
            shown = "" if _says(reason, measure) else f" {measure},"
            told.append(f"{_name(feature)}{shown} {_SAID[operator]} {words}")
    if told:
        return f"({'; '.join(told[:MOST])})"
    return ""


def _says(reason: str, words: str) -> bool:
    """Whether the words stand in the reason, and not as a part of a longer number."""
    return re.search(rf"(?<![\w.,]){re.escape(words)}(?!\w|[.,]\d)", reason) is not None


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
    if operator not in _SAID:
        return
    if isinstance(left, Name) and left.name in CATALOGUE.index:
        yield left.name, operator, right
    elif isinstance(right, Name) and right.name in CATALOGUE.index:
        yield right.name, _TURNED[operator], left


def _limit(
    node: Node, definition: Definition, vertical: Mapping[str, object]
) -> float | Money | None:
    """The limit; None for what is no plain one."""
    found: object = None
    if isinstance(node, Literal):
        found = node.value
    elif isinstance(node, VerticalName):
        found = vertical.get(node.name)
    elif isinstance(node, Name):
        found = next((p.value for p in definition.parameters if p.name == node.name), None)
    if isinstance(found, bool) or not isinstance(found, float | Money):
        return None
    return found


def _holds(value: float, operator: str, limit: float | Money) -> bool:
    """Whether this comparison is one of those for which the rule fired; an amount's is taken to
    be, as its limit was converted."""
    return isinstance(limit, Money) or _HOLDS[operator](value, limit)


def _name(feature: str) -> str:
    """ "since beneficiary added", of what is told with its unit."""
    words = feature.split("_")
    return " ".join(word for word in words if word not in SECONDS)


def _words(feature: str, value: float | Money, currency: str) -> str:
    if isinstance(value, Money):
        own = value.overrides.get(currency)
        named = (own, currency) if own is not None else (value.value, value.currency)
        return say(named[0], Type.MONEY, named[1])
    known = CATALOGUE.get(feature)
    if known is not None and known.type is Type.MONEY:
        return say(value, Type.MONEY, currency)
    if known is not None and known.unit in SECONDS:
        return say_duration(value, known.unit)
    return say_number(value)
