"""A condition as a builder shows it: groups, tests, and raw text for what it cannot show.

Both ways go through the tree of the rule language, so nothing is lost: `from_builder` makes of what
`to_builder` gave the very same tree. Parts are plain JSON:

- ``{"kind": "group", "join": "and" | "or", "negated": bool, "parts": [...]}``
- ``{"kind": "test", "operator": ..., "operands": [...], "negated": bool}``, where the operator is
  a comparison (``>``, ``in`` ...), ``is`` (a condition by itself), ``between`` (with ``ends``, the
  two comparisons of a chain) or a function that asks a question of its operands (``listed`` ...)
- ``{"kind": "raw", "text": ...}``

An operand is ``{"kind": "name" | "number" | "text" | "list" | "expression", "value": ...}``; all
values are texts, and a list's are texts as well, with ``"of": "number" | "text"``. Parts of a tree
that was read carry ``"at"``: first line and column, last line and the column after it, from 1.
"""

from collections.abc import Mapping
from typing import Any, Final

from rules.language import parse
from rules.language.nodes import (
    Call,
    Comparison,
    Items,
    Junction,
    Literal,
    Name,
    Node,
    NotNode,
    VerticalName,
)
from rules.language.parser import MAX_NODES
from rules.language.problems import Problem, RuleProblems
from rules.language.unparse import write, write_value

Part = dict[str, Any]

COMPARISONS: Final = (">", ">=", "<", "<=", "==", "!=", "in", "not in")
QUESTIONS: Final = {
    "listed": 2,
    "known": 1,
    "is_whole": 1,
    "startswith": 2,
    "endswith": 2,
    "contains": 2,
    "contains_any": 2,
    "matches": 2,
}
"""Functions that a test may ask, with the number of their operands."""

MAX_DEPTH: Final = 20  # groups in groups; the language's own bound on nesting is checked later


# -- from tree to builder ---------------------------------------------------------------------


def to_builder(node: Node) -> Part:
    """The condition as a group, if need be of a single part."""
    part = _part(node)
    if part["kind"] == "group":
        return part
    return {"kind": "group", "join": "and", "negated": False, "parts": [part], **_at(node)}


def _part(node: Node) -> Part:
    inner, negated = (node.operand, True) if isinstance(node, NotNode) else (node, False)
    shown = _group(inner) or _test(inner)
    # `not not x` has no place in a builder; it stays as it was written.
    if shown is None or (negated and isinstance(inner, NotNode)):
        return {"kind": "raw", "text": write(node), **_at(node)}
    return {**shown, "negated": negated, **_at(node)}


def _group(node: Node) -> Part | None:
    if not isinstance(node, Junction):
        return None
    return {
        "kind": "group",
        "join": node.operator,
        "parts": [_part(operand) for operand in node.operands],
    }


def _test(node: Node) -> Part | None:
    match node:
        case Name() | VerticalName():
            return _asked("is", node)
        case Comparison(operators=(operator,), operands=operands):
            return _asked(operator, *operands)
        case Comparison(operators=(low, high), operands=operands):
            return {**_asked("between", *operands), "ends": [low, high]}
        case Call(function=function, arguments=arguments) if QUESTIONS.get(function) == len(
            arguments
        ):
            return _asked(function, *arguments)
        case _:
            return None


def _asked(operator: str, *operands: Node) -> Part:
    return {"kind": "test", "operator": operator, "operands": [_operand(one) for one in operands]}


def _operand(node: Node) -> Part:
    match node:
        case Name(name=name):
            return {"kind": "name", "value": name}
        case VerticalName(name=name):
            return {"kind": "name", "value": f"vertical.{name}"}
        case Literal(value=str(value)):
            return {"kind": "text", "value": value}
        case Literal(value=float(value)):
            return {"kind": "number", "value": write_value(value)}
        case Items(items=items) if items and len({type(item.value) for item in items}) == 1:
            return _list(items)
        case _:
            return {"kind": "expression", "value": write(node)}


def _list(items: tuple[Literal, ...]) -> Part:
    if isinstance(items[0].value, str):
        return {"kind": "list", "of": "text", "value": [item.value for item in items]}
    if isinstance(items[0].value, float) and not isinstance(items[0].value, bool):
        return {"kind": "list", "of": "number", "value": [write_value(i.value) for i in items]}
    return {"kind": "expression", "value": write(Items(items))}


def _at(node: Node) -> Part:
    span = node.span
    return {"at": [span.line, span.column, span.end_line, span.end_column]} if span.line else {}


# -- from builder to tree ---------------------------------------------------------------------


def from_builder(part: object) -> Node:
    """The tree that a builder describes. Raises RuleProblems for anything that is none."""
    return _Reader().condition(part, 0)


class _Reader:
    def __init__(self) -> None:
        self._left = MAX_NODES

    def condition(self, part: object, depth: int) -> Node:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise refused("there are too many parts, or they are nested too deeply")
        if not isinstance(part, Mapping):
            raise refused("this is no part of a condition")
        match part.get("kind"):
            case "group":
                return _negated(part, self._group(part, depth))
            case "test":
                return _negated(part, _read_test(part))
            case "raw":
                return _expression(part.get("text"))
            case _:
                raise refused("this is no part of a condition")

    def _group(self, part: Mapping[str, Any], depth: int) -> Node:
        join, parts = part.get("join"), part.get("parts")
        if join not in ("and", "or") or not isinstance(parts, list):
            raise refused("a group joins its parts with `and` or with `or`")
        if not parts:
            raise refused("a group is empty", "add a condition to it, or remove it")
        nodes = tuple(self.condition(one, depth + 1) for one in parts)
        return nodes[0] if len(nodes) == 1 else Junction(str(join), nodes)


def _negated(part: Mapping[str, Any], node: Node) -> Node:
    return NotNode(node) if part.get("negated") is True else node


def _read_test(part: Mapping[str, Any]) -> Node:
    operator, given = part.get("operator"), part.get("operands")
    if not isinstance(given, list):
        raise refused("a test needs something to look at")
    operands = tuple(_read_operand(one) for one in given)
    if operator == "is" and len(operands) == 1:
        return operands[0]
    if operator in COMPARISONS and len(operands) == 2:
        return Comparison((str(operator),), operands)
    if operator == "between" and len(operands) == 3:
        return Comparison(_ends(part.get("ends")), operands)
    if isinstance(operator, str) and QUESTIONS.get(operator) == len(operands):
        return Call(operator, operands)
    raise refused("a test has an operator that is not known, or too few values")


def _ends(ends: object) -> tuple[str, str]:
    if isinstance(ends, list) and len(ends) == 2 and all(end in COMPARISONS for end in ends):
        return str(ends[0]), str(ends[1])
    raise refused("a range needs two comparisons")


def _read_operand(part: object) -> Node:
    if not isinstance(part, Mapping):
        raise refused("a test lacks a value")
    value = part.get("value")
    match part.get("kind"):
        case "text" if isinstance(value, str):
            return Literal(value)
        case "number":
            return _number(value)
        case "name" | "expression":
            return _expression(value)
        case "list" if isinstance(value, list):
            items = [
                _number(item) if part.get("of") == "number" else Literal(str(item))
                for item in value
            ]
            return Items(tuple(items))
        case _:
            raise refused("a test lacks a value")


def _number(value: object) -> Literal:
    node = _expression(value, "a number is missing")
    if isinstance(node, Literal) and isinstance(node.value, float):
        return node
    raise refused(f"`{str(value)[:40]}` is no number", "write it as 1500 or 0.25")


def _expression(value: object, missing: str = "a value is missing") -> Node:
    if not isinstance(value, str) or not value.strip():
        raise refused(missing, "fill it in, or remove the test")
    try:
        return parse(value).root
    except RuleProblems as error:
        # Its place counts in the part's own text, not in the whole condition's.
        raise RuleProblems(
            [Problem(f"{p.message}: `{value[:60]}`", hint=p.hint) for p in error.problems]
        ) from error


def refused(message: str, hint: str = "") -> RuleProblems:
    """A problem without a place in the text: a builder has none."""
    return RuleProblems([Problem(message, hint=hint)])
