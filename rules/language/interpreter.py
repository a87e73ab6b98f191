"""The reference: what a rule means, said plainly. The compiled forms are proven against it.

Missing follows Kleene: `and` is false as soon as one part is, true when all are, else missing; `or`
the other way round; `not` of missing is missing. Everything else is missing as soon as an argument
is, except `known`, `default` and the branch that `if_else` does not take.
"""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from rules.language.functions import MEANINGS
from rules.language.scope import MoneyParameter, ParameterValue, resolve_money
from rules.language.terms import (
    And,
    Apply,
    Checked,
    Constant,
    FeatureTerm,
    Listed,
    MoneyConstant,
    Not,
    Or,
    Term,
    Value,
    VerticalValue,
)

NOTHING_LISTED: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a rule looks at besides the features: see `interpret`."""

    vertical: Mapping[str, ParameterValue | None] = field(default_factory=dict)
    listed: Container[tuple[str, str]] = NOTHING_LISTED
    currency: str | None = None
    rates: Mapping[str, float] = field(default_factory=dict)


def interpret(
    checked: Checked, row: Mapping[str, Value], surroundings: Surroundings | None = None
) -> Value:
    """The value for one row; None is missing. A rule fires when its condition gives True.

    ``row`` holds feature values by name; one that is absent is missing, as is a number that is not
    finite.
    """
    return interpret_term(checked.term, row, surroundings)


def interpret_term(
    term: Term, row: Mapping[str, Value], surroundings: Surroundings | None = None
) -> Value:
    """As `interpret`, for a part of a rule."""
    return _Interpreter(row, surroundings or Surroundings()).value(term)


@dataclass(frozen=True, slots=True)
class _Interpreter:
    row: Mapping[str, Value]
    around: Surroundings

    def value(self, term: Term) -> Value:
        match term:
            case Constant(value=value):
                return value  # type: ignore[return-value]
            case MoneyConstant(parameter=parameter):
                return self.money(parameter)
            case VerticalValue(name=name):
                held = self.around.vertical.get(name)
                return (
                    self.money(held)
                    if isinstance(held, MoneyParameter)
                    else _known_or_missing(held)
                )
            case FeatureTerm(name=name):
                return _known_or_missing(self.row.get(name))
            case Listed(feature=feature, list_name=list_name):
                known = self.value(feature) is not None
                return ((feature.name, list_name) in self.around.listed) if known else None
            case Apply():
                return self.apply(term)
            case _:
                return self.junction(term)

    def money(self, parameter: MoneyParameter) -> float | None:
        return resolve_money(parameter, self.around.currency, self.around.rates)

    def apply(self, term: Apply) -> Value:
        arguments = term.arguments
        if term.function == "known":
            return self.value(arguments[0]) is not None
        if term.function == "default":
            value = self.value(arguments[0])
            return self.value(arguments[1]) if value is None else value
        if term.function == "if_else":
            condition = self.value(arguments[0])
            return None if condition is None else self.value(arguments[1 if condition else 2])
        values = [self.value(argument) for argument in arguments]
        if any(value is None for value in values):
            return None
        result: Value = MEANINGS[term.function].run(*values)
        return result

    def junction(self, term: Term) -> bool | None:
        match term:
            case Not(operand=operand):
                value = self.value(operand)
                return None if value is None else not value
            case And(operands=operands):
                values = [self.value(operand) for operand in operands]
                return False if False in values else None if None in values else True
            case Or(operands=operands):
                values = [self.value(operand) for operand in operands]
                return True if True in values else None if None in values else False
            case _:
                raise TypeError(f"not a term of a rule: {type(term).__name__}")


def _known_or_missing(value: Value | MoneyParameter) -> Value:
    if isinstance(value, MoneyParameter) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
