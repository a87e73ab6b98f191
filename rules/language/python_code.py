"""Writes Python expressions for checked rules: the form in which they score.

Every expression becomes *guards* and a *text*: the text is its value, valid once all guards held;
when one does not, the value is missing. So ``a / b > 2`` becomes

    v1 is not None and v2 is not None and (t1 := v2) != 0.0
    and (t2 := v1 / t1) - t2 == 0.0 and (t2 > 2.0)

without a call. (``t - t == 0.0`` is false for infinity and NaN.)
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rules.language.functions import MEANINGS
from rules.language.normalise import push_negation
from rules.language.patterns import searcher
from rules.language.python_names import Names
from rules.language.scope import MoneyParameter, ParameterValue
from rules.language.terms import (
    And,
    Apply,
    Constant,
    FeatureTerm,
    Listed,
    MoneyConstant,
    Not,
    Or,
    Term,
    VerticalValue,
    is_zero,
)


@dataclass(frozen=True, slots=True)
class Code:
    """The text of a value, and what must hold, in this order, for the value to be there."""

    guards: tuple[str, ...]
    text: str

    @property
    def optional(self) -> str:
        """One expression: the value, or None."""
        if not self.guards:
            return self.text
        return f"({self.text} if {' and '.join(self.guards)} else None)"


_MISSING = Code(("False",), "None")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes expressions for one vertical, whose values it knows."""

    names: Names
    vertical: Mapping[str, ParameterValue | None]

    def truth(self, condition: Term) -> str:
        """An expression that is true exactly when the condition is Kleene-true."""
        return self._true(push_negation(condition))

    def _true(self, term: Term) -> str:
        match term:
            case And(operands=operands):
                # A guard that an earlier part has passed need not be passed again.
                return " and ".join(dict.fromkeys(p for o in operands for p in self._parts(o)))
            case Or(operands=operands):
                return " or ".join(f"({self._true(operand)})" for operand in operands)
            case _:
                return " and ".join(self._parts(term))

    def _parts(self, term: Term) -> list[str]:
        """What must hold, one after the other, for a part of a conjunction to be true."""
        match term:
            case And() | Or():
                return [f"({self._true(term)})"]
            case FeatureTerm():
                return [f"{self.names.feature(term)} is True"]
            case Not(operand=FeatureTerm() as feature):
                return [f"{self.names.feature(feature)} is False"]
            case Not(operand=operand):
                code = self.value(operand)
                return [*code.guards, f"not {code.text}"]
            case _:
                code = self.value(term)
                return [*code.guards, code.text]

    def value(self, term: Term) -> Code:
        """The guards and text of a term without `and`, `or`, and with `not` around leaves only."""
        match term:
            case Constant(value=value):
                return Code((), self.names.literal(value))
            case FeatureTerm():
                return _if_there(self.names.feature(term))
            case MoneyConstant(parameter=parameter):
                return _if_there(self.names.amount(parameter))
            case VerticalValue(name=name):
                return self._vertical(self.vertical.get(name))
            case Listed(feature=feature, list_name=list_name):
                pair = self.names.constant((feature.name, list_name))
                there = _if_there(self.names.feature(feature))
                return Code(there.guards, f"({pair} in listed)")
            case Not(operand=operand):
                code = self.value(operand)
                return Code(code.guards, f"(not {code.text})")
            case Apply():
                return self._apply(term)
            case _:
                raise TypeError(f"not a value: {type(term).__name__}")

    def _vertical(self, value: ParameterValue | None) -> Code:
        if isinstance(value, MoneyParameter):
            return _if_there(self.names.amount(value))
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return _MISSING
        return Code((), self.names.literal(value))

    def _apply(self, term: Apply) -> Code:
        match term.function:
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                guards, (left, right) = self._arguments(term.arguments)
                return Code(guards, f"({left} {term.function} {right})")
            case "+" | "-" | "*":
                guards, (left, right) = self._arguments(term.arguments)
                return self._finite(guards, f"{left} {term.function} {right}")
            case "negative":
                guards, (operand,) = self._arguments(term.arguments)
                return Code(guards, f"(-{operand})")
            case "/":
                return self._quotient(*term.arguments)
            case "in":
                return self._contained(*term.arguments)
            case "matches":
                return self._found(*term.arguments)
            case "known" | "default" | "if_else":
                return self._lenient(term)
            case _:
                return self._call(term)

    def _lenient(self, term: Apply) -> Code:
        """The functions for which a missing argument is not the end."""
        codes = [self.value(argument) for argument in term.arguments]
        match term.function, codes:
            case "known", [code]:
                return Code((), f"({' and '.join(code.guards)})" if code.guards else "True")
            case "default", [code, fallback]:
                if not code.guards:
                    return code
                chosen = f"({code.text} if {' and '.join(code.guards)} else {fallback.optional})"
                return self._kept(chosen) if fallback.guards else Code((), chosen)
            case _, [condition, one, other]:
                chosen = f"({one.optional} if {condition.text} else {other.optional})"
                whole = Code(condition.guards, chosen)
                return self._kept(whole.optional) if one.guards or other.guards else whole
            case _:
                raise TypeError(f"wrong arguments for {term.function}")

    def _arguments(self, terms: tuple[Term, ...]) -> tuple[tuple[str, ...], list[str]]:
        """The guards of all terms together, and their texts."""
        codes = [self.value(term) for term in terms]
        guards = dict.fromkeys(guard for code in codes for guard in code.guards)
        return tuple(guards), [code.text for code in codes]

    def _finite(self, guards: tuple[str, ...], text: str) -> Code:
        """A number that is missing should it have overflowed."""
        name = self.names.temporary()
        return Code((*guards, f"({name} := {text}) - {name} == 0.0"), name)

    def _kept(self, text: str) -> Code:
        """A value that is missing when the text gives None."""
        name = self.names.temporary()
        return Code((f"({name} := {text}) is not None",), name)

    def _quotient(self, left: Term, right: Term) -> Code:
        guards, (dividend, divisor) = self._arguments((left, right))
        if isinstance(right, Constant) and not is_zero(right):
            return self._finite(guards, f"{dividend} / {divisor}")
        name = self.names.temporary()
        return self._finite((*guards, f"({name} := {divisor}) != 0.0"), f"{dividend} / {name}")

    def _contained(self, item: Term, items: Term) -> Code:
        held: object = None
        if isinstance(items, Constant):
            held = items.value
        elif isinstance(items, VerticalValue):
            held = self.vertical.get(items.name)
        else:
            guards, (left, right) = self._arguments((item, items))
            return Code(guards, f"({left} in {right})")
        if not isinstance(held, tuple | list):
            return _MISSING
        code = self.value(item)
        return Code(code.guards, f"({code.text} in {self.names.constant(frozenset(held))})")

    def _found(self, text: Term, pattern: Term) -> Code:
        if not isinstance(pattern, Constant):
            raise TypeError("a pattern is a constant")
        code = self.value(text)
        search = self.names.constant(searcher(str(pattern.value)), ("matches", pattern.value))
        return Code(code.guards, f"{search}({code.text})")

    def _call(self, term: Apply) -> Code:
        guards, texts = self._arguments(term.arguments)
        function = MEANINGS[term.function]
        text = f"{self.names.constant(function.run, term.function)}({', '.join(texts)})"
        if not function.may_miss:
            return Code(guards, text)
        kept = self._kept(text)
        return Code((*guards, *kept.guards), kept.text)


def _if_there(name: str) -> Code:
    return Code((f"{name} is not None",), name)
