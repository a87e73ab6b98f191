"""Finds conditions, and parts of them, that can never be true or are always true.

Works on the negation normal form, and never blames a rule wrongly: what it cannot follow it takes
for possible.
"""

from collections.abc import Iterator

from features.types import Type
from rules.language.normalise import push_negation
from rules.language.problems import Problem, Severity, suggest
from rules.language.scope import Scope
from rules.language.terms import (
    And,
    Apply,
    Constant,
    FeatureTerm,
    Not,
    Or,
    Term,
    children,
    is_zero,
    walk,
)
from rules.language.worlds import ANY_WORLD, World, Worlds

# Every part is weighed against all others; a rule longer than this gets no warnings, only errors.
MAX_SEARCHED = 300
_DIVISIONS = frozenset({"/", "//", "%"})
_USELESS = "leave it out, or write `known(x)` if that is meant"


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
    if finder.narrow(condition, ANY_WORLD) is None:
        return [finder.explain_never(condition)]
    if finder.narrow(push_negation(term, positive=False), ANY_WORLD) is None:
        return [_always(term)]
    if sum(1 for _ in walk(condition)) > MAX_SEARCHED:
        return []
    return list(dict.fromkeys(finder.weak_parts(condition, ANY_WORLD)))


def _always(term: Term) -> Problem:
    if not any(isinstance(part, FeatureTerm) for part in walk(term)):
        return Problem.at(term.span, "this condition is always true")
    hint = "to ask only whether a value is there, write `known(x)`"
    return Problem.at(term.span, "this condition is always true when it is known", hint)


class _Finder(Worlds):
    """Looks for the part to blame."""

    def explain_never(self, condition: Term) -> Problem:
        """The error for a condition that can never be true, at the part that shuts it."""
        culprit = self._culprit(condition, ANY_WORLD)
        message = "this can never be true, so the rule would never fire"
        return Problem.at(culprit.span, message, self._reason(culprit))

    def _culprit(self, term: Term, world: World) -> Term:
        """The first part which, with all before it, leaves nothing possible."""
        if not isinstance(term, And):
            return term
        narrowed = world
        for part in sorted(term.operands, key=lambda part: isinstance(part, Or)):
            after = self.narrow(part, narrowed)
            if after is None:
                return part
            narrowed = after
        return term

    def _reason(self, culprit: Term) -> str:
        """What stands against the part: its feature's own bounds or choices, or the other parts."""
        leaf = culprit.operand if isinstance(culprit, Not) else culprit
        if isinstance(leaf, Or | And):
            return ""
        if self.narrow(culprit, ANY_WORLD) is not None:
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

    def weak_parts(self, term: Term, world: World) -> Iterator[Problem]:
        """Warnings: branches of an `or` that are never true, parts of an `and` that add nothing."""
        match term:
            case Or(operands=operands):
                for part in operands:
                    if self.narrow(part, world) is None:
                        yield _warning(part, "this part can never be true", self._reason(part))
                    else:
                        yield from self.weak_parts(part, world)
            case And(operands=operands):
                for part in operands:
                    others = tuple(other for other in operands if other is not part)
                    rest = self.narrow_all(others, world)
                    if rest is None:
                        continue
                    opposite = push_negation(part, positive=False)
                    if self.narrow(opposite, rest) is None:
                        yield _warning(part, "this part is never false here", _USELESS)
                    elif isinstance(part, Or):
                        yield from self.weak_parts(part, rest)


def _warning(part: Term, message: str, hint: str) -> Problem:
    return Problem.at(part.span, message, hint, Severity.WARNING)
