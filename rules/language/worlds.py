"""What must hold of a transaction for a condition to be true.

A world maps a subject (a feature, or a longer expression that is compared) to the values that it
may still have. Each leaf narrows it; a subject with no value left makes the world impossible. What
cannot be followed is taken for possible.
"""

from collections.abc import Iterator, Mapping

from features.types import Type
from rules.language.bounds import bounds
from rules.language.domains import Choice, Domain, Range, meet
from rules.language.interpreter import interpret_term
from rules.language.scope import Scope
from rules.language.terms import (
    And,
    Apply,
    Constant,
    FeatureTerm,
    MoneyConstant,
    Not,
    Or,
    Term,
    children,
    walk,
)

# A subject and the currency in which it is compared ("" for all that is not an amount parameter).
Key = tuple[Term, str]
World = Mapping[Key, Domain]
ANY_WORLD: World = {}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_YES, _NO = frozenset[str | bool]({True}), frozenset[str | bool]({False})
_LENIENT = frozenset({"known", "default", "if_else"})


class Worlds:
    """Narrows worlds, knowing what the scope says of the features."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def narrow(self, term: Term, world: World) -> World | None:
        """The world narrowed by the term being true, or None when it then cannot be true."""
        match term:
            case And(operands=operands):
                return self.narrow_all(operands, world)
            case Or(operands=operands):
                # Which branch holds is not known, so nothing is narrowed; one must be possible.
                return (
                    world
                    if any(self.narrow(part, world) is not None for part in operands)
                    else None
                )
            case _:
                return self._leaf(term, world)

    def narrow_all(self, operands: tuple[Term, ...], world: World) -> World | None:
        """The world in which all of them are true."""
        narrowed: World | None = world
        # Leaves first: each `or` is then judged by all that is known.
        for part in sorted(operands, key=lambda part: isinstance(part, Or)):
            narrowed = None if narrowed is None else self.narrow(part, narrowed)
        return narrowed

    def _leaf(self, term: Term, world: World) -> World | None:
        positive = not isinstance(term, Not)
        leaf = term.operand if isinstance(term, Not) else term
        if _is_constant(leaf):
            return world if interpret_term(leaf, {}) is positive else None
        facts = [*self._facts(leaf, positive=positive), *_known_facts(leaf)]
        narrowed = dict(world)
        for key, domain in facts:
            merged = meet(narrowed.get(key) or self._start(key), domain)
            if merged.is_empty:
                return None
            narrowed[key] = merged
        return narrowed

    def _start(self, key: Key) -> Domain:
        """What is known of a subject before any comparison."""
        subject, currency = key
        if subject.type in (Type.NUMBER, Type.MONEY, Type.TIMESTAMP):
            return Range() if currency else Range(*bounds(subject, self.scope))
        if isinstance(subject, FeatureTerm) and subject.type is Type.STRING:
            choices = self.scope.features[subject.name].choices
            return Choice(frozenset(choices)) if choices else Choice()
        if isinstance(subject, Constant) and isinstance(subject.value, bool | str):
            return Choice(frozenset({subject.value}))
        return Choice(_YES | _NO) if subject.type is Type.BOOLEAN else Choice()

    def _facts(self, leaf: Term, *, positive: bool) -> Iterator[tuple[Key, Domain]]:
        """What the leaf says of its subject when it is true (or, not ``positive``, false)."""
        match leaf:
            case Apply(function=function, arguments=(left, right)) if function in _FLIPPED:
                yield from self._comparison(function, left, right)
            case Apply(function="in", arguments=(subject, Constant(value=tuple() as values))):
                yield (subject, ""), _membership(frozenset(values), positive=positive)
            case _:
                yield (leaf, ""), Choice(_YES if positive else _NO)

    def _comparison(self, operator: str, left: Term, right: Term) -> Iterator[tuple[Key, Domain]]:
        for subject, operand, symbol in (
            (left, right, operator),
            (right, left, _FLIPPED[operator]),
        ):
            match operand:
                case Constant(value=float() as value):
                    yield (subject, ""), Range().narrow(symbol, value)
                case Constant(value=str() as value):
                    yield (subject, ""), _membership(frozenset({value}), positive=symbol == "==")
                case MoneyConstant(parameter=parameter) if not parameter.overrides:
                    yield (subject, parameter.currency), Range().narrow(symbol, parameter.value)
        if left.type in (Type.NUMBER, Type.MONEY) and not isinstance(left, Constant):
            yield from self._by_bounds(operator, left, right)

    def _by_bounds(self, operator: str, left: Term, right: Term) -> Iterator[tuple[Key, Domain]]:
        """Two expressions compared: what the bounds of one say of the other."""
        low, high = bounds(right, self.scope)
        if operator in ("<", "<=", "=="):
            yield (left, ""), Range().narrow("<" if operator == "<" else "<=", high)
        if operator in (">", ">=", "=="):
            yield (left, ""), Range().narrow(">" if operator == ">" else ">=", low)


def _membership(values: frozenset[str | float], *, positive: bool) -> Domain:
    numbers = frozenset(value for value in values if isinstance(value, float))
    if numbers:
        if positive:
            return Range().among(numbers)
        return Range(without=numbers)
    strings = frozenset[str | bool](value for value in values if isinstance(value, str))
    return Choice().keep(strings) if positive else Choice().drop(strings)


def _is_constant(leaf: Term) -> bool:
    """Whether nothing in the leaf depends on the transaction or on the vertical."""
    return all(isinstance(part, Constant | Apply) for part in walk(leaf))


def _known_facts(leaf: Term) -> Iterator[tuple[Key, Domain]]:
    """A leaf that is true, or false, had all its features known, unless it asks just that."""
    pending = [leaf]
    while pending:
        part = pending.pop()
        if isinstance(part, FeatureTerm):
            yield (Apply("known", (part,), type=Type.BOOLEAN), ""), Choice(_YES)
        elif not (isinstance(part, Apply) and part.function in _LENIENT):
            pending.extend(children(part))
