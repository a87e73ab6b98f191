"""Writes a checked rule as a Polars expression: the form in which it runs over history.

Columns by name: each feature (null is missing; boolean, float64, string or list of strings),
``listed:<feature>:<list>`` (boolean), ``currency`` of the transaction and ``fx:<CUR>``: units of
that currency for one unit of CUR, needed for the currency of each money parameter.

Null travels as missing does: Polars' ``&``, ``|`` and ``~`` are Kleene's and everything else gives
null for null. What differs from Python is put right here: numbers that are not finite become null
(Polars would sort NaN above all), ``//`` and ``%`` are written out in the steps of `arithmetic`,
upper and lower case are ASCII's.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from features.types import Type
from rules.language.patterns import read_pattern
from rules.language.scope import MoneyParameter, ParameterValue
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
    VerticalValue,
)

_DTYPES: dict[Type, Any] = {
    Type.NUMBER: pl.Float64,
    Type.MONEY: pl.Float64,
    Type.TIMESTAMP: pl.Float64,
    Type.BOOLEAN: pl.Boolean,
    Type.STRING: pl.String,
    Type.IDENTIFIER: pl.String,
    Type.STRINGS: pl.List(pl.String),
}
_NUMERIC = (Type.NUMBER, Type.MONEY, Type.TIMESTAMP)
# A part that is needed twice is simply written twice while it is this small, and named once when it is larger.
_CHEAP = 8


@dataclass(frozen=True, slots=True)
class _Part:
    """An expression and how many columns and steps it takes."""

    expr: pl.Expr
    weight: int = 1


def polars_expression(checked: Checked, vertical: Mapping[str, ParameterValue | None]) -> pl.Expr:
    """A condition as a boolean without nulls (true where it fires), a score as a float with null for missing."""
    expr = _Builder(vertical).part(checked.term).expr
    return expr.fill_null(value=False) if checked.type is Type.BOOLEAN else expr


def _using(parts: list[_Part], build: Callable[..., pl.Expr]) -> _Part:
    """``build`` of the parts, each of which it may use several times without the expression growing out of hand."""
    weight = sum(part.weight for part in parts)
    if weight <= _CHEAP:
        return _Part(build(*(part.expr for part in parts)), 2 * weight + 1)
    names = [f"part{number}" for number in range(len(parts))]
    held = pl.struct(**{name: part.expr for name, part in zip(names, parts, strict=True)})
    result = build(*(pl.field(name) for name in names))
    return _Part(held.struct.with_fields(result=result).struct.field("result"), 1)


def _finite(part: _Part) -> _Part:
    """Null where the number is not finite."""
    return _using([part], lambda number: pl.when(number.is_finite()).then(number))


class _Builder:
    def __init__(self, vertical: Mapping[str, ParameterValue | None]) -> None:
        self.vertical = vertical

    def part(self, term: Term) -> _Part:
        match term:
            case Constant(value=value):
                return _Part(_constant(value, term.type), 0)
            case FeatureTerm(name=name):
                return _column(name, term.type)
            case MoneyConstant(parameter=parameter):
                return _money(parameter)
            case VerticalValue(name=name):
                return self.vertical_value(name, term.type)
            case Listed(feature=feature, list_name=list_name):
                known = self.part(feature).expr.is_not_null()
                found = pl.col(f"listed:{feature.name}:{list_name}").cast(pl.Boolean)
                return _Part(pl.when(known).then(found.fill_null(value=False)), 3)
            case Apply():
                return self.apply(term)
            case _:
                return self.junction(term)

    def junction(self, term: Term) -> _Part:
        match term:
            case Not(operand=operand):
                inner = self.part(operand)
                return _Part(~inner.expr, inner.weight + 1)
            case And(operands=operands) | Or(operands=operands):
                parts = [self.part(operand) for operand in operands]
                join = pl.Expr.__and__ if isinstance(term, And) else pl.Expr.__or__
                expr = reduce(join, (part.expr for part in parts))
                return _Part(expr, sum(part.weight for part in parts) + 1)
            case _:
                raise TypeError(f"not a term of a rule: {type(term).__name__}")

    def vertical_value(self, name: str, kind: Type) -> _Part:
        value = self.vertical.get(name)
        if isinstance(value, MoneyParameter):
            return _money(value)
        part = _Part(_constant(value, kind), 0)
        return _finite(part) if kind in _NUMERIC else part

    def apply(self, term: Apply) -> _Part:
        function = term.function
        if function in ("in", "contains_any", "matches"):
            return self.search(term)
        parts = [self.part(argument) for argument in term.arguments]
        if function in _SHARING:
            return _using(parts, _SHARING[function])
        if function in ("min", "max"):
            keep = _smaller if function == "min" else _larger
            return reduce(lambda one, other: _using([one, other], keep), parts)
        if function == "length" and term.arguments[0].type is Type.STRINGS:
            return _Part(parts[0].expr.list.len().cast(pl.Float64), parts[0].weight + 1)
        if function in _STEPS:
            return _STEPS[function](*parts)
        return _Part(
            _PLAIN[function](*(part.expr for part in parts)), sum(part.weight for part in parts) + 1
        )

    def search(self, term: Apply) -> _Part:
        """`in`, `contains_any` and `matches`: their second argument is mostly known beforehand."""
        subject = self.part(term.arguments[0])
        if term.function == "in" and isinstance(term.arguments[1], FeatureTerm):
            items = self.part(term.arguments[1])
            # Polars finds a null in no list; here it is missing.
            return _using(
                [subject, items],
                lambda one, many: pl.when(one.is_not_null()).then(many.list.contains(one)),
            )
        held = self.held(term.arguments[1])
        if held is None:
            return _Part(pl.lit(None, dtype=pl.Boolean), 0)
        if term.function == "matches":
            return _Part(
                subject.expr.str.contains(read_pattern(str(held)).rust, literal=False),
                subject.weight + 1,
            )
        return _Part(_search(term.function, subject.expr, list(held)), subject.weight + 1)  # type: ignore[call-overload]

    def held(self, term: Term) -> object:
        return self.vertical.get(term.name) if isinstance(term, VerticalValue) else term.value  # type: ignore[attr-defined]


def _search(function: str, subject: pl.Expr, items: list[Any]) -> pl.Expr:
    if not items:
        return pl.when(subject.is_not_null()).then(pl.lit(value=False))
    if function == "in":
        return subject.is_in(items)
    return reduce(
        pl.Expr.__or__, (subject.str.contains(pl.lit(item), literal=True) for item in items)
    )


def _constant(value: object, kind: Type) -> pl.Expr:
    if isinstance(value, tuple | list):
        return pl.lit(pl.Series([list(value)], dtype=pl.List(pl.String))).first()
    if kind in _NUMERIC and value is not None:
        value = float(value)  # type: ignore[arg-type]
    return pl.lit(value, dtype=_DTYPES[kind])


def _column(name: str, kind: Type) -> _Part:
    part = _Part(pl.col(name).cast(_DTYPES[kind]), 1)
    return _finite(part) if kind in _NUMERIC else part


def _money(parameter: MoneyParameter) -> _Part:
    currency = pl.col("currency").cast(pl.String)
    rate = _column(f"fx:{parameter.currency}", Type.NUMBER)
    value = pl.lit(float(parameter.value))
    converted = _finite(_Part(value * rate.expr, rate.weight)).expr
    own = {parameter.currency: parameter.value, **parameter.overrides}
    amounts = reduce(
        lambda rest, item: (
            pl.when(currency == item[0]).then(pl.lit(float(item[1]))).otherwise(rest)
        ),
        own.items(),
        converted,
    )
    return _Part(pl.when(currency.is_not_null()).then(amounts), 6 + len(own))


def _smaller(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return pl.when(one <= other).then(one).when(one > other).then(other)


def _larger(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return pl.when(one >= other).then(one).when(one < other).then(other)


def _choose(condition: pl.Expr, one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(one).when(~condition).then(other)


def _quotient(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """The quotient, rounded once.

    By a constant Polars multiplies with the reciprocal, which rounds twice. As a sum with a column
    the divisor is no constant any more, and has the same value: ``left`` is finite.
    """
    return left / (left * 0.0 + right)


def _then(build: Callable[..., pl.Expr], *parts: _Part) -> _Part:
    """One step: the result where it is finite."""
    return _finite(_using(list(parts), build))


def _divided(left: _Part, right: _Part) -> _Part:
    return _then(_quotient, left, right)


def _floored(left: _Part, right: _Part) -> _Part:
    quotient = _divided(left, right)
    return _Part(quotient.expr.floor(), quotient.weight + 1)


def _remainder(left: _Part, right: _Part) -> _Part:
    def whole(one: pl.Expr, other: pl.Expr) -> pl.Expr:
        quotient = _floored(_Part(one), _Part(other))
        return _then(lambda a, b, q: a - b * q, _Part(one), _Part(other), quotient).expr

    # Each side is needed many times; its weight says so.
    heavy = [_Part(part.expr, part.weight * 4) for part in (left, right)]
    return _using(heavy, whole)


def _number(value: float) -> _Part:
    return _Part(pl.lit(value), 0)


def _between(unit: float) -> Callable[[_Part, _Part], _Part]:
    def build(earlier: _Part, later: _Part) -> _Part:
        return _divided(_then(lambda a, b: b - a, earlier, later), _number(unit))

    return build


def _cyclic(unit: float, cycle: float, first: float) -> Callable[..., _Part]:
    def build(moment: _Part, offset: _Part | None = None) -> _Part:
        offset = offset or _number(0.0)
        shifted = _then(lambda a, b: a + b * 3_600.0, moment, offset)
        units = _floored(shifted, _number(unit))
        return _remainder(_Part(units.expr + first, units.weight + 1), _number(cycle))

    return build


# In the same roundings as `arithmetic`, each step checked for overflow as there.
_STEPS: dict[str, Callable[..., _Part]] = {
    "+": lambda a, b: _then(lambda x, y: x + y, a, b),
    "-": lambda a, b: _then(lambda x, y: x - y, a, b),
    "*": lambda a, b: _then(lambda x, y: x * y, a, b),
    "/": _divided,
    "//": _floored,
    "%": _remainder,
    "seconds_between": _between(1.0),
    "hours_between": _between(3_600.0),
    "days_between": _between(86_400.0),
    "hour_of": _cyclic(3_600.0, 24.0, 0.0),
    "weekday_of": _cyclic(86_400.0, 7.0, 3.0),
}

_SHARING: dict[str, Callable[..., pl.Expr]] = {
    "if_else": _choose,
    "is_whole": lambda x: x == x.floor(),
}

_UPPERS, _LOWERS = list(string.ascii_uppercase), list(string.ascii_lowercase)

_PLAIN: dict[str, Callable[..., pl.Expr]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "negative": lambda x: -x,
    "abs": lambda x: x.abs(),
    "round": lambda x: x.round(0, mode="half_to_even"),
    "floor": lambda x: x.floor(),
    "ceil": lambda x: x.ceil(),
    "known": lambda x: x.is_not_null(),
    "default": lambda x, value: pl.coalesce(x, value),
    "startswith": lambda s, start: s.str.starts_with(start),
    "endswith": lambda s, end: s.str.ends_with(end),
    "contains": lambda s, part: s.str.contains(part, literal=True),
    "lower": lambda s: s.str.replace_many(_UPPERS, _LOWERS),
    "upper": lambda s: s.str.replace_many(_LOWERS, _UPPERS),
    "length": lambda s: s.str.len_chars().cast(pl.Float64),
}
