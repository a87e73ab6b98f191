"""Negation normal form: `not` only directly around leaves.

Then "is it true?" needs no third value: a leaf with a missing operand is simply not true, whether
it is negated or not, and `and` and `or` of such answers are Kleene's.
"""

from rules.language.terms import And, Apply, Not, Or, Term

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def push_negation(term: Term, *, positive: bool = True) -> Term:
    """The condition (or its negation) with every `not` pushed down to a leaf.

    Comparisons take the opposite operator: their operands are never NaN, so `not x < 5` is `x >=
    5`.
    """
    match term:
        case Not(operand=operand):
            return push_negation(operand, positive=not positive)
        case And(operands=operands) | Or(operands=operands):
            parts = tuple(push_negation(operand, positive=positive) for operand in operands)
            keeps = isinstance(term, And) is positive
            return (And if keeps else Or)(
                _flat(parts, And if keeps else Or), type=term.type, span=term.span
            )
        case Apply(function=function, arguments=arguments) if (
            function in _OPPOSITE and not positive
        ):
            return Apply(_OPPOSITE[function], arguments, type=term.type, span=term.span)
        case _:
            return term if positive else Not(term, type=term.type, span=term.span)


def _flat(parts: tuple[Term, ...], kind: type[And] | type[Or]) -> tuple[Term, ...]:
    """`(a and b) and c` as `a and b and c`."""
    return tuple(
        inner for part in parts for inner in (part.operands if isinstance(part, kind) else (part,))
    )
