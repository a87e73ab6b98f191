"""Writes a checked rule as a Polars expression: the form in which it runs over history.

Columns by name: each feature (null is missing; boolean, float64, string or list of strings),
``listed:<feature>:<list>`` (boolean), ``currency`` of the transaction and ``fx:<CUR>``: units of
that currency for one unit of CUR, needed for the currency of each money parameter.

Null travels as missing does: Polars' ``&``, ``|`` and ``~`` are Kleene's. Numbers that are not
finite become null when they are read, as Polars would take NaN for the largest.
"""

import math
from collections.abc import Mapping
from functools import reduce
from typing import Any

import polars as pl

from features.types import Type
from rules.language.patterns import read_pattern
from rules.language.polars_functions import POLARS_FUNCTIONS
from rules.language.polars_parts import Part, finite, number, using
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


def polars_expression(checked: Checked, vertical: Mapping[str, ParameterValue | None]) -> pl.Expr:
    """A condition as a boolean without nulls, a score as a float with null for missing."""
    expr = _part(checked.term, vertical).expr
    return expr.fill_null(value=False) if checked.type is Type.BOOLEAN else expr


def _part(term: Term, vertical: Mapping[str, ParameterValue | None]) -> Part:
    match term:
        case Constant(value=value):
            return _constant(value, term.type)
        case FeatureTerm(name=name):
            return _column(name, term.type)
        case MoneyConstant(parameter=parameter):
            return _money(parameter)
        case VerticalValue(name=name):
            given = vertical.get(name)
            if isinstance(given, MoneyParameter):
                return _money(given)
            return _constant(given, term.type)
        case Listed(feature=feature, list_name=list_name):
            found = pl.col(f"listed:{feature.name}:{list_name}").cast(pl.Boolean)
            known = _part(feature, vertical).expr.is_not_null()
            return Part(pl.when(known).then(found.fill_null(value=False)), 3)
        case Apply(function="in" | "contains_any" | "matches", arguments=(subject, held)):
            return _search(term.function, _part(subject, vertical), held, vertical)
        case Apply(function="length", arguments=(items,)) if items.type is Type.STRINGS:
            entries = _part(items, vertical)
            return Part(entries.expr.list.len().cast(pl.Float64), entries.weight + 1)
        case Apply(function=function, arguments=arguments):
            return POLARS_FUNCTIONS[function](*(_part(part, vertical) for part in arguments))
        case _:
            return _junction(term, vertical)


def _junction(term: Term, vertical: Mapping[str, ParameterValue | None]) -> Part:
    match term:
        case Not(operand=operand):
            inner = _part(operand, vertical)
            return Part(~inner.expr, inner.weight + 1)
        case And(operands=operands) | Or(operands=operands):
            parts = [_part(operand, vertical) for operand in operands]
            join = pl.Expr.__and__ if isinstance(term, And) else pl.Expr.__or__
            weight = sum(part.weight for part in parts) + 1
            return Part(reduce(join, [part.expr for part in parts]), weight)
        case _:
            raise TypeError(f"not a term of a rule: {type(term).__name__}")


def _constant(value: object, kind: Type) -> Part:
    if kind in _NUMERIC and isinstance(value, int | float) and math.isfinite(value):
        return number(float(value))
    if isinstance(value, tuple | list):
        return Part(pl.lit(pl.Series([list(value)], dtype=pl.List(pl.String))).first(), 0)
    return Part(pl.lit(None if kind in _NUMERIC else value, dtype=_DTYPES[kind]), 0)


def _column(name: str, kind: Type) -> Part:
    part = Part(pl.col(name).cast(_DTYPES[kind]))
    return finite(part) if kind in _NUMERIC else part


def _money(parameter: MoneyParameter) -> Part:
    """The amount in the row's currency: as overridden, as it is, or converted."""
    currency = pl.col("currency").cast(pl.String)
    rate = _column(f"fx:{parameter.currency}", Type.NUMBER)
    amount = finite(Part(pl.lit(parameter.value, dtype=pl.Float64) * rate.expr)).expr
    for code, value in {parameter.currency: parameter.value, **parameter.overrides}.items():
        fixed = pl.lit(value, dtype=pl.Float64)
        amount = pl.when(currency == code).then(fixed).otherwise(amount)
    return Part(pl.when(currency.is_not_null()).then(amount), 7 + len(parameter.overrides))


def _search(
    function: str, subject: Part, held: Term, vertical: Mapping[str, ParameterValue | None]
) -> Part:
    """`in`, `contains_any` and `matches`: what is searched for is mostly known beforehand."""
    if isinstance(held, FeatureTerm):
        # Polars would say that a null is not in the list; here it is missing.
        return using(
            [subject, _part(held, vertical)],
            lambda item, items: pl.when(item.is_not_null()).then(items.list.contains(item)),
        )
    value = vertical.get(held.name) if isinstance(held, VerticalValue) else _value_of(held)
    expr = pl.lit(None, dtype=pl.Boolean)
    if isinstance(value, str):
        expr = subject.expr.str.contains(read_pattern(value).rust, literal=False)
    elif isinstance(value, tuple | list):
        expr = _any_of(function, subject.expr, list(value))
    return Part(expr, subject.weight + 1)


def _value_of(term: Term) -> object:
    return term.value if isinstance(term, Constant) else None


def _any_of(function: str, subject: pl.Expr, items: list[Any]) -> pl.Expr:
    if not items:
        return pl.when(subject.is_not_null()).then(pl.lit(value=False))
    if function == "in":
        return subject.is_in(items)
    return subject.str.contains_any(items)
