"""Writes Python source for checked rules: the form in which they score.

Every expression becomes *guards* and a *text*: the text is its value, valid once all guards held,
and its value is missing when one does not. So `a / b > 2` becomes ``v1 is not None and v2 is not
None and v2 != 0.0 and (t0 := v1 / v2)
- t0 == 0.0 and t0 > 2.0``: no call, no allocation. (``t - t == 0.0`` is false for infinity and
  NaN.)

Nothing of the author's text enters the source. Features are ``v<position>``, strings, lists and
functions are names of a table of constants, numbers are written by `repr` of a float.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from features.types import Type
from rules.language.functions import MEANINGS
from rules.language.normalise import push_negation
from rules.language.patterns import searcher
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

_NUMERIC = (Type.NUMBER, Type.MONEY, Type.TIMESTAMP)
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Code:
    """The text of a value, and what must hold, in this order, for the value to be there."""

    guards: tuple[str, ...]
    text: str

    @property
    def optional(self) -> str:
        """One expression: the value, or None."""
        return (
            f"({self.text} if {' and '.join(self.guards)} else None)" if self.guards else self.text
        )


@dataclass
class Writer:
    """Writes the expressions of one generated function and collects what they need.

    ``positions`` maps a feature to its place among the values, ``vertical`` gives the vertical's
    values. ``money`` and ``constants`` are shared by all functions of a ruleset.
    """

    positions: Mapping[str, int]
    vertical: Mapping[str, ParameterValue | None]
    money: dict[MoneyParameter, int] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    loads: dict[str, str] = field(default_factory=dict)
    money_used: set[int] = field(default_factory=set)
    _names: dict[object, str] = field(default_factory=dict)
    _temporaries: int = 0

    def start_function(self) -> None:
        """Forget what belonged to the function before: loaded features and money."""
        self.loads = {}
        self.money_used = set()

    def start_rule(self) -> None:
        """Temporaries are reused from rule to rule."""
        self._temporaries = 0

    # -- conditions

    def truth(self, condition: Term) -> str:
        """An expression that is true exactly when the condition is Kleene-true."""
        return self._true(push_negation(condition))

    def _true(self, term: Term) -> str:
        match term:
            case And(operands=operands):
                # A guard that an earlier part has passed need not be passed again.
                passed: dict[str, None] = {}
                for operand in operands:
                    passed.update(dict.fromkeys(self._parts(operand)))
                return " and ".join(passed)
            case Or(operands=operands):
                return " or ".join(f"({self._true(operand)})" for operand in operands)
            case _:
                return " and ".join(self._parts(term))

    def _parts(self, term: Term) -> list[str]:
        match term:
            case And():
                return [self._true(term)]
            case Or():
                return [f"({self._true(term)})"]
            case Not(operand=FeatureTerm() as feature):
                return [f"{self._feature(feature)} is False"]
            case FeatureTerm():
                return [f"{self._feature(term)} is True"]
            case Not(operand=operand):
                code = self.value(operand)
                return [*code.guards, f"not {code.text}"]
            case _:
                code = self.value(term)
                return [*code.guards, code.text]

    # -- values

    def value(self, term: Term) -> Code:
        """The guards and text of any term that is no `and`, `or` or `not`."""
        match term:
            case Constant(value=value):
                return Code((), self._literal(value))
            case FeatureTerm():
                name = self._feature(term)
                return Code((f"{name} is not None",), name)
            case MoneyConstant(parameter=parameter):
                return self._money(parameter)
            case VerticalValue(name=name):
                return self._vertical(name)
            case Listed(feature=feature, list_name=list_name):
                name = self._feature(feature)
                pair = self._constant((feature.name, list_name))
                return Code((f"{name} is not None",), f"({pair} in listed)")
            case Not(operand=operand):
                code = self.value(operand)
                return Code(code.guards, f"(not {code.text})")
            case Apply(function=function):
                write = getattr(self, _WRITERS.get(function, ""), None) or self._call
                return write(term)
            case _:
                raise TypeError(f"not a term of a rule: {type(term).__name__}")

    def _feature(self, term: FeatureTerm) -> str:
        position = self.positions[term.name]
        name = f"v{position}"
        self.loads[name] = f"{name} = values[{position}]"
        if term.type in _NUMERIC:
            self.loads[name] += (
                f"\n{name} = {name} if {name} is None or {name} - {name} == 0.0 else None"
            )
        return name

    def _money(self, parameter: MoneyParameter) -> Code:
        slot = self.money.setdefault(parameter, len(self.money))
        self.money_used.add(slot)
        return Code((f"m{slot} is not None",), f"m{slot}")

    def _vertical(self, name: str) -> Code:
        value = self.vertical.get(name)
        if isinstance(value, MoneyParameter):
            return self._money(value)
        missing = value is None or (isinstance(value, float) and not math.isfinite(value))
        return Code(("False",), "None") if missing else Code((), self._literal(value))

    def _literal(self, value: object) -> str:
        if isinstance(value, bool):
            return repr(value)
        if isinstance(value, int | float):
            text = repr(float(value))
            return text if value >= 0 else f"({text})"
        return self._constant(tuple(value) if isinstance(value, list) else value)

    def _constant(self, value: object, key: object = None) -> str:
        """The name of a constant; equal ones share a name."""
        marked = (type(value).__name__, value if key is None else key)
        if marked not in self._names:
            self._names[marked] = f"K{len(self._names)}"
            self.constants[self._names[marked]] = value
        return self._names[marked]

    def _temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def _arguments(self, term: Apply) -> tuple[tuple[str, ...], list[str]]:
        codes = [self.value(argument) for argument in term.arguments]
        guards = dict.fromkeys(guard for code in codes for guard in code.guards)
        return tuple(guards), [code.text for code in codes]

    def _bound(self, guards: tuple[str, ...], text: str) -> Code:
        """A number that may have overflowed, kept in a temporary."""
        name = self._temporary()
        return Code((*guards, f"({name} := {text}) - {name} == 0.0"), name)

    # -- one method for each form that is written in line

    def _call(self, term: Apply) -> Code:
        guards, texts = self._arguments(term)
        function = MEANINGS[term.function]
        text = f"{self._constant(function.run, term.function)}({', '.join(texts)})"
        if not function.may_miss:
            return Code(guards, text)
        name = self._temporary()
        return Code((*guards, f"({name} := {text}) is not None"), name)

    def _compare(self, term: Apply) -> Code:
        guards, (left, right) = self._arguments(term)
        return Code(guards, f"({left} {term.function} {right})")

    def _contained(self, term: Apply) -> Code:
        item, items = term.arguments
        if isinstance(items, FeatureTerm):
            guards, (left, right) = self._arguments(term)
            return Code(guards, f"({left} in {right})")
        held = items.value if isinstance(items, Constant) else self._held(items)
        if held is None:
            return Code(("False",), "None")
        code = self.value(item)
        return Code(code.guards, f"({code.text} in {self._constant(frozenset(held))})")  # type: ignore[arg-type]

    def _held(self, term: Term) -> object:
        assert isinstance(term, VerticalValue)
        return self.vertical.get(term.name)

    def _arithmetic(self, term: Apply) -> Code:
        guards, (left, right) = self._arguments(term)
        return self._bound(guards, f"{left} {term.function} {right}")

    def _negative(self, term: Apply) -> Code:
        guards, (operand,) = self._arguments(term)
        return Code(guards, f"(-{operand})")

    def _divide(self, term: Apply) -> Code:
        guards, (left, right) = self._arguments(term)
        if isinstance(term.arguments[1], Constant) and not is_zero(term.arguments[1]):
            return self._bound(guards, f"{left} / {right}")
        name = self._temporary()
        return self._bound((*guards, f"({name} := {right}) != 0.0"), f"{left} / {name}")

    def _find(self, term: Apply) -> Code:
        pattern = term.arguments[1]
        assert isinstance(pattern, Constant)
        code = self.value(term.arguments[0])
        search = self._constant(searcher(str(pattern.value)), ("matches", pattern.value))
        return Code(code.guards, f"{search}({code.text})")

    def _known(self, term: Apply) -> Code:
        guards = self.value(term.arguments[0]).guards
        return Code((), f"({' and '.join(guards)})" if guards else "True")

    def _default(self, term: Apply) -> Code:
        value, fallback = (self.value(argument) for argument in term.arguments)
        if not value.guards:
            return value
        chosen = f"({value.text} if {' and '.join(value.guards)} else {fallback.optional})"
        return self._maybe(chosen) if fallback.guards else Code((), chosen)

    def _if_else(self, term: Apply) -> Code:
        condition, one, other = (self.value(argument) for argument in term.arguments)
        chosen = f"({one.optional} if {condition.text} else {other.optional})"
        if not (one.guards or other.guards):
            return Code(condition.guards, chosen)
        return self._maybe(Code(condition.guards, chosen).optional)

    def _maybe(self, text: str) -> Code:
        name = self._temporary()
        return Code((f"({name} := {text}) is not None",), name)


_WRITERS: Mapping[str, str] = {
    **dict.fromkeys(_OPPOSITE, "_compare"),
    **dict.fromkeys(("+", "-", "*"), "_arithmetic"),
    "in": "_contained",
    "negative": "_negative",
    "/": "_divide",
    "matches": "_find",
    "known": "_known",
    "default": "_default",
    "if_else": "_if_else",
}

RuleFunction = Callable[..., Any]
