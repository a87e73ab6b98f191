"""Resolves calls: the functions of the table, and the few that look at missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.types import Type
from rules.language import wording
from rules.language.functions import FUNCTION_NAMES, FUNCTIONS, SPECIAL, Function
from rules.language.nodes import Call, Literal, Node
from rules.language.patterns import PatternError, read_pattern
from rules.language.polars_patterns import polars_refusal
from rules.language.problems import suggest
from rules.language.signatures import as_type
from rules.language.terms import Apply, Constant, FeatureTerm, Listed, Term, VerticalValue

if TYPE_CHECKING:
    from rules.language.resolver import Resolver

# What `default` and `if_else` can give.
_BRANCH_TYPES = (Type.NUMBER, Type.MONEY, Type.STRING, Type.BOOLEAN, Type.TIMESTAMP)
_COUNTS = {"listed": 2, "known": 1, "default": 2, "if_else": 3}


def resolve_call(resolver: Resolver, node: Call) -> Term | None:
    """The call as a term, or None with its problems told."""
    if node.function not in FUNCTION_NAMES:
        hint = suggest(node.function, FUNCTION_NAMES) or "the guide lists the functions"
        resolver.refuse(node, f"there is no function `{node.function}`", hint)
        return None
    if node.function in FUNCTIONS:
        return _strict(resolver, node, FUNCTIONS[node.function])
    if len(node.arguments) != _COUNTS[node.function]:
        usage = SPECIAL[node.function]
        resolver.refuse(node, *wording.wrong_count(usage, len(node.arguments)))
        return None
    if node.function == "listed":
        return _listed(resolver, node)
    if node.function == "if_else":
        return _if_else(resolver, node)
    terms = resolver.all_of([resolver.value(argument) for argument in node.arguments])
    if terms is None:
        return None
    if node.function == "known":
        return Apply("known", tuple(terms), type=Type.BOOLEAN, span=node.span)
    return _alike(resolver, node, [], terms)


def _strict(resolver: Resolver, node: Call, function: Function) -> Term | None:
    term = resolver.apply(node, node.function, function, node.arguments)
    if term is None:
        return None
    for position in function.constants:
        if not _constant_stands(resolver, node, position, term.arguments[position]):
            return None
    return term


def _constant_stands(resolver: Resolver, node: Call, position: int, argument: Term) -> bool:
    """Whether an argument that must be a constant is one, and a pattern is a good one."""
    wanted = Constant if node.function == "matches" else Constant | VerticalValue
    if not isinstance(argument, wanted):
        resolver.refuse(node.arguments[position], *wording.not_constant(node.function))
        return False
    if node.function != "matches" or not isinstance(argument, Constant):
        return True
    refusal = _pattern_refusal(str(argument.value))
    if refusal:
        resolver.refuse(node.arguments[position], f"the pattern cannot be used: {refusal}")
    return not refusal


def _pattern_refusal(pattern: str) -> str:
    try:
        return polars_refusal(read_pattern(pattern))
    except PatternError as error:
        return f"{error} (at character {error.position + 1} of the pattern)"


def _if_else(resolver: Resolver, node: Call) -> Term | None:
    condition = resolver.leaf(node.arguments[0])
    branches = resolver.all_of([resolver.value(argument) for argument in node.arguments[1:]])
    if condition is None or branches is None:
        return None
    return _alike(resolver, node, [condition], branches)


def _alike(resolver: Resolver, node: Call, first: list[Term], branches: list[Term]) -> Term | None:
    """A call whose two outcomes must have one type."""
    for kind in _BRANCH_TYPES:
        fitted = [branch for branch in (as_type(term, kind) for term in branches) if branch]
        if len(fitted) == len(branches):
            return Apply(node.function, (*first, *fitted), type=kind, span=node.span)
    one, other = (term.type for term in branches)
    resolver.refuse(node, *wording.unlike_branches(node.function, one, other))
    return None


def _listed(resolver: Resolver, node: Call) -> Term | None:
    feature = resolver.value(node.arguments[0])
    name = _list_name(resolver, node.arguments[1])
    if feature is None or name is None:
        return None
    by_name = isinstance(feature, FeatureTerm) and feature.type in (Type.IDENTIFIER, Type.STRING)
    if not isinstance(feature, FeatureTerm) or not by_name:
        resolver.refuse(node.arguments[0], *wording.not_listable())
        return None
    return Listed(feature, name, type=Type.BOOLEAN, span=node.span)


def _list_name(resolver: Resolver, node: Node) -> str | None:
    if not (isinstance(node, Literal) and isinstance(node.value, str)):
        resolver.refuse(node, *wording.no_list_name())
        return None
    lists = resolver.scope.lists
    if lists is not None and node.value not in lists:
        hint = suggest(node.value, lists) or wording.choices(lists)
        resolver.refuse(node, f'there is no list "{node.value}"', hint)
        return None
    return node.value
