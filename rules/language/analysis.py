"""Finds conditions, and parts of them, that can never be true or are always true.

Works on the negation normal form. Each leaf narrows what its subject (a feature, or a longer
expression) may still be; a subject with no value left is a contradiction. What the finder cannot
follow it takes for possible, so that it never blames a rule wrongly.
"""

from collections.abc import Iterator, Mapping

from features.types import Type
from rules.language.bounds import bounds
from rules.language.domains import Choice, Domain, Range
from rules.language.interpreter import interpret_term
from rules.language.normalise import push_negation
from rules.language.problems import Problem, Severity, suggest
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
    is_zero,
    walk,
)

# A subject and the currency in which it is compared ("" for all that is not an amount parameter).
_Key = tuple[Term, str]
_World = Mapping[_Key, Domain]
# Every part is weighed against all others; a rule longer than this gets no warnings, only errors.
MAX_SEARCHED = 300
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_DIVISIONS = frozenset({"/", "//", "%"})
_USELESS = "leave it out, or write `known(x)` if that is meant"
_YES, _NO = frozenset[str | bool]({True}), frozenset[str | bool]({False})


def findings(term: Term, scope: Scope) -> list[Problem]:
    """Errors for a condition that is never or always true, warnings for its idle parts.

    A score is only searched for divisions by zero.
    """
    zero_divisions = [
        Problem.at(part.span, "a division by zero is always missing")
        for part in walk(term)
        if isinstance(part, Apply) and part.function in _DIVISIONS and is_zero(part.arguments[1])
    ]
    if zero_divisions or term.type is not Type.BOOLEAN:
        return zero_divisions
    finder = _Finder(scope)
    condition = push_negation(term)
    if finder.worlds(condition, {}) is None:
        return [finder.explain_never(condition)]
    if finder.worlds(push_negation(term, positive=False), {}) is None:
        message = "this condition is always true" + (
            " when it is known" if _names_features(term) else ""
        )
        hint = (
            "to ask only whether a value is there, write `known(x)`"
            if _names_features(term)
            else ""
        )
        return [Problem.at(term.span, message, hint)]
    if sum(1 for _ in walk(condition)) > MAX_SEARCHED:
        return []
    return list(dict.fromkeys(finder.weak_parts(condition, {})))


def _names_features(term: Term) -> bool:
    return any(isinstance(part, FeatureTerm) for part in walk(term))


class _Finder:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def worlds(self, term: Term, world: _World) -> _World | None:
        """The world narrowed by the term being true, or None when it then cannot be true."""
        match term:
            case And(operands=operands):
                return self._all(operands, world)
            case Or(operands=operands):
                # Which branch holds is not known, so nothing is narrowed; one must be possible.
                return (
                    world
                    if any(self.worlds(part, world) is not None for part in operands)
                    else None
                )
            case _:
                return self._leaf(term, world)

    def _all(self, operands: tuple[Term, ...], world: _World) -> _World | None:
        narrowed: _World | None = world
        # Leaves first: each `or` is then judged by all that is known.
        for part in sorted(operands, key=lambda part: isinstance(part, Or)):
            narrowed = None if narrowed is None else self.worlds(part, narrowed)
        return narrowed

    def _leaf(self, term: Term, world: _World) -> _World | None:
        positive = not isinstance(term, Not)
        leaf = term.operand if isinstance(term, Not) else term
        if _is_constant(leaf):
            return world if interpret_term(leaf, {}) is positive else None
        facts = [*self._facts(leaf, positive=positive), *_known_facts(leaf)]
        narrowed = dict(world)
        for key, domain in facts:
            merged = _meet(narrowed.get(key) or self._start(key), domain)
            if merged.is_empty:
                return None
            narrowed[key] = merged
        return narrowed

    def _start(self, key: _Key) -> Domain:
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

    def _facts(self, leaf: Term, *, positive: bool) -> Iterator[tuple[_Key, Domain]]:
        """What the leaf says of its subject when it is true (or, not ``positive``, false)."""
        match leaf:
            case Apply(function=function, arguments=(left, right)) if function in _FLIPPED:
                yield from self._comparison(function, left, right)
            case Apply(function="in", arguments=(subject, Constant(value=tuple() as values))):
                yield (subject, ""), _membership(frozenset(values), positive=positive)
            case _:
                yield (leaf, ""), Choice(_YES if positive else _NO)

    def _comparison(self, operator: str, left: Term, right: Term) -> Iterator[tuple[_Key, Domain]]:
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

    def _by_bounds(self, operator: str, left: Term, right: Term) -> Iterator[tuple[_Key, Domain]]:
        """Two expressions compared: what the bounds of one say of the other."""
        low, high = bounds(right, self.scope)
        if operator in ("<", "<=", "=="):
            yield (left, ""), Range().narrow("<" if operator == "<" else "<=", high)
        if operator in (">", ">=", "=="):
            yield (left, ""), Range().narrow(">" if operator == ">" else ">=", low)

    def explain_never(self, condition: Term) -> Problem:
        """The error for a condition that can never be true, at the part that shuts it."""
        culprit = self._culprit(condition, {})
        message = "this can never be true, so the rule would never fire"
        return Problem.at(culprit.span, message, self._reason(culprit))

    def _culprit(self, term: Term, world: _World) -> Term:
        """The first part which, with all before it, leaves nothing possible."""
        if not isinstance(term, And):
            return term
        narrowed = world
        for part in sorted(term.operands, key=lambda part: isinstance(part, Or)):
            after = self.worlds(part, narrowed)
            if after is None:
                return part
            narrowed = after
        return term

    def _reason(self, culprit: Term) -> str:
        """What stands against the part: its feature's own bounds or choices, or the other parts."""
        leaf = culprit.operand if isinstance(culprit, Not) else culprit
        if isinstance(leaf, Or | And):
            return ""
        if self.worlds(culprit, {}) is not None:
            return "it contradicts the other conditions"
        for part in (leaf, *children(leaf)):
            if isinstance(part, FeatureTerm) and (told := self._declared(part, leaf)):
                return told
        return ""

    def _declared(self, feature: FeatureTerm, leaf: Term) -> str:
        declared = self.scope.features[feature.name]
        if declared.choices:
            wrong = next((part.value for part in children(leaf) if isinstance(part, Constant)), "")
            listing = ", ".join(f'"{choice}"' for choice in sorted(declared.choices)[:12])
            return suggest(str(wrong), declared.choices) or f"`{feature.name}` is one of {listing}"
        low, high = declared.minimum, declared.maximum
        if low is not None and high is not None:
            return f"`{feature.name}` lies between {low:g} and {high:g}"
        if low is not None:
            return f"`{feature.name}` is never below {low:g}"
        return f"`{feature.name}` is never above {high:g}" if high is not None else ""

    def weak_parts(self, term: Term, world: _World) -> Iterator[Problem]:
        """Warnings: branches of an `or` that are never true, parts of an `and` that add nothing."""
        match term:
            case Or(operands=operands):
                for part in operands:
                    if self.worlds(part, world) is None:
                        yield _warning(part, "this part can never be true", self._reason(part))
                    else:
                        yield from self.weak_parts(part, world)
            case And(operands=operands):
                for part in operands:
                    others = tuple(other for other in operands if other is not part)
                    rest = self._all(others, world)
                    if rest is None:
                        continue
                    opposite = push_negation(part, positive=False)
                    if self.worlds(opposite, rest) is None:
                        yield _warning(part, "this part is never false here", _USELESS)
                    elif isinstance(part, Or):
                        yield from self.weak_parts(part, rest)


def _warning(part: Term, message: str, hint: str) -> Problem:
    return Problem.at(part.span, message, hint, Severity.WARNING)


def _membership(values: frozenset[str | float], *, positive: bool) -> Domain:
    numbers = frozenset(value for value in values if isinstance(value, float))
    if numbers:
        if positive:
            return Range().among(numbers)
        return Range(without=numbers)
    strings = frozenset[str | bool](value for value in values if isinstance(value, str))
    return Choice().keep(strings) if positive else Choice().drop(strings)


def _meet(one: Domain, other: Domain) -> Domain:
    if isinstance(one, Range) and isinstance(other, Range):
        low = max((one.low, one.low_open), (other.low, other.low_open))
        high = min((one.high, not one.high_open), (other.high, not other.high_open))
        return Range(low[0], high[0], low[1], not high[1], one.without | other.without)
    if isinstance(one, Choice) and isinstance(other, Choice):
        kept = one if other.allowed is None else one.keep(other.allowed)
        return kept.drop(other.without)
    return one


def _is_constant(leaf: Term) -> bool:
    """Whether nothing in the leaf depends on the transaction or on the vertical."""
    return all(isinstance(part, Constant | Apply) for part in walk(leaf))


_STRICT_STOP = frozenset({"known", "default", "if_else"})


def _known_facts(leaf: Term) -> Iterator[tuple[_Key, Domain]]:
    """A leaf that is true, or false, had all its features known, unless it asks just that."""
    pending = [leaf]
    while pending:
        part = pending.pop()
        if isinstance(part, FeatureTerm):
            yield (Apply("known", (part,), type=Type.BOOLEAN), ""), Choice(_YES)
        elif not (isinstance(part, Apply) and part.function in _STRICT_STOP):
            pending.extend(children(part))
