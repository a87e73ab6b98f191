"""Polars expressions with their weight, and how to use one several times.

Written out twice at every step, an expression would double with each level of the tree. So a small
part is repeated, and a large one is put into a column of a struct and taken from there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

_CHEAP = 8


@dataclass(frozen=True, slots=True)
class Part:
    """An expression, and how many columns and steps it takes."""

    expr: pl.Expr
    weight: int = 1


def number(value: float) -> Part:
    """A constant."""
    return Part(pl.lit(value, dtype=pl.Float64), 0)


def using(parts: list[Part], build: Callable[..., pl.Expr]) -> Part:
    """``build`` of the parts, each of which it may use several times."""
    weight = sum(part.weight for part in parts)
    if weight <= _CHEAP:
        return Part(build(*(part.expr for part in parts)), 2 * weight + 1)
    names = [f"part{place}" for place in range(len(parts))]
    named = [part.expr.alias(name) for name, part in zip(names, parts, strict=True)]
    result = build(*(pl.field(name) for name in names))
    return Part(pl.struct(named).struct.with_fields(result=result).struct.field("result"))


def finite(part: Part) -> Part:
    """Null where the number is not finite."""
    return using([part], lambda value: pl.when(value.is_finite()).then(value))


def step(build: Callable[..., pl.Expr], *parts: Part) -> Part:
    """One step of a calculation: the result where it is finite."""
    return finite(using(list(parts), build))
