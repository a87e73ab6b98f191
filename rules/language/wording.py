"""What the checker says: each function gives a message and a hint."""

from collections.abc import Collection

from features.types import Type
from rules.language.functions import COMPARISONS, FUNCTION_NAMES, Function
from rules.language.nodes import Comparison, Literal, Name, Node, NotNode
from rules.language.problems import suggest
from rules.language.scope import Scope
from rules.language.unparse import write

Words = tuple[str, str]

_TYPES = {
    Type.NUMBER: "a number",
    Type.MONEY: "money",
    Type.BOOLEAN: "true or false",
    Type.STRING: "a string",
    Type.TIMESTAMP: "a moment in time",
    Type.STRINGS: "a list of strings",
    Type.IDENTIFIER: "an identifier",
}
_MAX_SHOWN = 40
_INSTEAD = "use an amount parameter instead of the number"


def shown(node: Node) -> str:
    """The part as text, shortened to fit into a sentence."""
    text = write(node)
    return f"`{text}`" if len(text) <= _MAX_SHOWN else f"`{text[: _MAX_SHOWN - 3]}...`"


def choices(names: Collection[str]) -> str:
    """The names to choose from, when they are few."""
    return (
        f"known are {', '.join(f'`{name}`' for name in sorted(names))}"
        if 0 < len(names) <= 12
        else ""
    )


def unknown_name(name: str, scope: Scope) -> Words:
    if name == "vertical":
        return "`vertical` needs a value behind it", "such as `vertical.currencies`"
    if name in FUNCTION_NAMES:
        return f"`{name}` is a function", f"call it: `{name}(...)`"
    hint = suggest(name, [*scope.features, *scope.parameters])
    return f"there is no feature or parameter `{name}`", hint


def wrong_result(node: Node, found: Type, expect: Type) -> Words:
    hint = ""
    if expect is Type.NUMBER and found is Type.MONEY:
        hint = "divide it by an amount, such as `amount / limit`"
    if expect is Type.NUMBER and found is Type.BOOLEAN:
        hint = "choose between numbers with `if_else(condition, a, b)`"
    return f"{_TYPES[expect]} is wanted here, but {shown(node)} is {_TYPES[found]}", hint


def not_a_condition(node: Node, found: Type) -> Words:
    hints = {
        Type.NUMBER: f"compare it, such as {_quoted(node, '> 0')}",
        Type.MONEY: f"compare it, such as {_quoted(node, '> 0')}",
        Type.STRING: f"compare it, such as {_quoted(node, '== ' + chr(34) + chr(34))}",
        Type.IDENTIFIER: f'ask `known({write(node)})` or `listed({write(node)}, "list name")`',
    }
    return f"a condition is wanted here, but {shown(node)} is {_TYPES[found]}", hints.get(found, "")


def _quoted(node: Node, rest: str) -> str:
    return f"`{write(node)} {rest}`"


def misplaced_condition(node: Node) -> Words:
    if isinstance(node, Comparison):
        return (
            "a chain of comparisons is an `and`, which cannot stand in an argument or operand",
            "nest: `if_else(a, if_else(b, x, y), y)`",
        )
    word = "not" if isinstance(node, NotNode) else "and` or `or"
    return (
        f"`{word}` cannot stand in an argument or operand",
        "join whole conditions, or nest `if_else(a, if_else(b, x, y), y)`",
    )


def stray_list() -> Words:
    return "a list cannot stand here", "a list goes behind `in`, or into contains_any(...)"


def not_listable() -> Words:
    return (
        "`listed` looks up an identifier or a string by its feature's own name",
        'such as `listed(email, "blocked_emails")`',
    )


def no_list_name() -> Words:
    return (
        "a list is named by a string written out",
        'such as `listed(email, "blocked_emails")`',
    )


def not_constant(function: str) -> Words:
    if function == "matches":
        return "a pattern must be written out or be a parameter", ""
    return (
        "this list must be written out, be a parameter or a value of the vertical",
        "for a feature, write `x in list`",
    )


def wrong_count(usage: str, count: int) -> Words:
    return (
        f"the number of arguments does not fit: there {'is' if count == 1 else 'are'} {count}",
        f"it is `{usage}`",
    )


def unlike_branches(function: str, one: Type, other: Type) -> Words:
    for kind in (one, other):
        if kind in (Type.IDENTIFIER, Type.STRINGS):
            return f"`{function}` cannot give {_TYPES[kind]}", ""
    message = f"both outcomes of `{function}` must be alike"
    hint = _INSTEAD if Type.MONEY in (one, other) else ""
    return f"{message}; here are {_TYPES[one]} and {_TYPES[other]}", hint


def wrong_membership(
    item: Node, item_type: Type, items: Node, items_type: Type, wanted: Type
) -> Words:
    if item_type is Type.IDENTIFIER:
        return _identifier(item)
    if items_type is not Type.STRINGS:
        example = f"({write(items)},)" if isinstance(items, Literal) else '("a", "b")'
        return (
            f"behind `in` a list is wanted, but {shown(items)} is {_TYPES[items_type]}",
            f"a list is written `{example}`",
        )
    if item_type is Type.MONEY:
        return (
            f"{shown(item)} is money and cannot be looked for in a list",
            "compare it with amount parameters",
        )
    held = "numbers" if wanted is Type.NUMBER else "strings"
    return f"the list holds {held}, but {shown(item)} is {_TYPES[item_type]}", ""


def _identifier(node: Node) -> Words:
    name = write(node)
    return (
        f"`{name}` is an identifier; only `listed` and `known` may look at it",
        f'such as `listed({name}, "list name")`; its parts (domain, country) are own features',
    )


def wrong_types(
    name: str, function: Function, nodes: tuple[Node, ...], types: tuple[Type, ...]
) -> Words:
    """Why an operator or function does not take these types."""
    for node, kind in zip(nodes, types, strict=True):
        if kind is Type.IDENTIFIER:
            return _identifier(node)
    if name in COMPARISONS:
        return _wrong_comparison(name, nodes, types)
    if Type.TIMESTAMP in types and name in ("-", "+"):
        return (
            "moments in time cannot be added or subtracted",
            "write `hours_between(earlier, later)`",
        )
    if set(types) == {Type.MONEY, Type.NUMBER} and name in ("+", "-", "min", "max", "%"):
        money = nodes[types.index(Type.MONEY)]
        return (
            f"{shown(money)} is money; `{name}` needs money on all sides",
            _INSTEAD,
        )
    if name == "*" and types == (Type.MONEY, Type.MONEY):
        return "money times money means nothing", "multiply by a number"
    given = " and ".join(_TYPES[kind] for kind in types)
    wanted = " or ".join(
        dict.fromkeys(" and ".join(_TYPES[k] for k in s.takes) for s in function.signatures)
    )
    what = "`-`" if name == "negative" else f"`{name}`"
    return f"{what} does not take {given}", f"`{function.usage}` takes {wanted}"


def _wrong_comparison(name: str, nodes: tuple[Node, ...], types: tuple[Type, ...]) -> Words:
    left, right = nodes
    if Type.BOOLEAN in types:
        return "true and false are not compared", _boolean_hint(name, left, right, types)
    if set(types) == {Type.MONEY, Type.NUMBER}:
        return _money_and_number(nodes, types)
    if types[0] is types[1] is Type.STRING:
        return (
            f"strings have no order, so `{name}` does not take them",
            "strings are compared with `==` and `!=`",
        )
    if Type.STRINGS in types:
        return "a list is not compared", "write `x in list`"
    hint = ""
    if Type.TIMESTAMP in types and Type.NUMBER in types:
        hint = "for the time between two moments, write `hours_between(earlier, later) > 24`"
    if Type.NUMBER in types and Type.STRING in types:
        hint = "a number is written without quotes"
    return f"{shown(left)} is {_TYPES[types[0]]}, but {shown(right)} is {_TYPES[types[1]]}", hint


def _money_and_number(nodes: tuple[Node, ...], types: tuple[Type, ...]) -> Words:
    money, number = (nodes[types.index(kind)] for kind in (Type.MONEY, Type.NUMBER))
    message = f"{shown(money)} is money and is not compared with a number"
    if isinstance(number, Literal):
        return message, "compare it with an amount parameter so that it is converted"
    return message, "money is compared with money; one amount divided by another is a number"


def _boolean_hint(name: str, left: Node, right: Node, types: tuple[Type, ...]) -> str:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Literal) and isinstance(other.value, bool):
            plain = (name == "==") == other.value
            return f"write `{write(one)}`" if plain else f"write `not {write(one)}`"
    if isinstance(left, Name) and isinstance(right, Name) and types[0] is types[1]:
        a, b = left.name, right.name
        same = f"`{a} and {b} or not {a} and not {b}`"
        return f"write {same}" if name == "==" else f"write `{a} and not {b} or {b} and not {a}`"
    return "use it as a condition by itself, or under `not`"
