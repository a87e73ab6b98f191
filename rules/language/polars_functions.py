"""What each operator and function of the table is in Polars.

Arithmetic goes in the same steps as in `arithmetic`, each rounded and checked for overflow as
there. Null in, null out, except for `known`, `default` and the branch that `if_else` leaves.
"""

import string
from collections.abc import Callable, Mapping
from functools import reduce

import polars as pl

from rules.language.polars_parts import Part, number, step, using

_UPPERS, _LOWERS = list(string.ascii_uppercase), list(string.ascii_lowercase)


def _quotient(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """The quotient, rounded once.

    By a constant Polars multiplies with the reciprocal, which rounds twice. As a sum with a column
    the divisor is no constant any more, and has the same value: ``left`` is finite.
    """
    return left / (left * 0.0 + right)


def _divide(left: Part, right: Part) -> Part:
    return step(_quotient, left, right)


def _floor_divide(left: Part, right: Part) -> Part:
    quotient = _divide(left, right)
    return Part(quotient.expr.floor(), quotient.weight + 1)


def _modulo(left: Part, right: Part) -> Part:
    def remainder(one: pl.Expr, other: pl.Expr) -> pl.Expr:
        whole = _floor_divide(Part(one), Part(other))
        return step(lambda a, b, q: a - b * q, Part(one), Part(other), whole).expr

    # Each side is needed many times; its weight says so.
    return using([Part(part.expr, part.weight * 4) for part in (left, right)], remainder)


def _between(unit: float) -> Callable[[Part, Part], Part]:
    def build(earlier: Part, later: Part) -> Part:
        seconds = step(lambda a, b: b - a, earlier, later)
        return _divide(seconds, number(unit))

    return build


def _cyclic(unit: float, cycle: float, first: float) -> Callable[..., Part]:
    def build(moment: Part, offset: Part | None = None) -> Part:
        shifted = step(lambda a, b: a + b * 3_600.0, moment, offset or number(0.0))
        units = _floor_divide(shifted, number(unit))
        return _modulo(Part(units.expr + first, units.weight + 1), number(cycle))

    return build


def _smaller(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The smaller of two; null when one is."""
    return pl.when(one <= other).then(one).when(one > other).then(other)


def _larger(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The larger of two; null when one is."""
    return pl.when(one >= other).then(one).when(one < other).then(other)


def _fold(pick: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Callable[..., Part]:
    """`min` or `max`, two at a time."""
    return lambda *parts: reduce(lambda one, other: using([one, other], pick), parts)


def _shared(build: Callable[..., pl.Expr]) -> Callable[..., Part]:
    """A function that uses an argument more than once."""
    return lambda *parts: using(list(parts), build)


def _plain(build: Callable[..., pl.Expr]) -> Callable[..., Part]:
    """A function that uses each argument once."""

    def apply(*parts: Part) -> Part:
        return Part(build(*(part.expr for part in parts)), sum(p.weight for p in parts) + 1)

    return apply


def _or_else(value: pl.Expr, fallback: pl.Expr) -> pl.Expr:
    # Not coalesce: of a constant that is not null it makes a column of one row.
    return pl.when(value.is_not_null()).then(value).otherwise(fallback)


def _choose(condition: pl.Expr, one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(one).when(~condition).then(other)


POLARS_FUNCTIONS: Mapping[str, Callable[..., Part]] = {
    "==": _plain(lambda a, b: a == b),
    "!=": _plain(lambda a, b: a != b),
    "<": _plain(lambda a, b: a < b),
    "<=": _plain(lambda a, b: a <= b),
    ">": _plain(lambda a, b: a > b),
    ">=": _plain(lambda a, b: a >= b),
    "+": lambda a, b: step(lambda x, y: x + y, a, b),
    "-": lambda a, b: step(lambda x, y: x - y, a, b),
    "*": lambda a, b: step(lambda x, y: x * y, a, b),
    "/": _divide,
    "//": _floor_divide,
    "%": _modulo,
    "negative": _plain(lambda x: -x),
    "min": _fold(_smaller),
    "max": _fold(_larger),
    "abs": _plain(pl.Expr.abs),
    "round": _plain(lambda x: x.round(0, mode="half_to_even")),
    "floor": _plain(pl.Expr.floor),
    "ceil": _plain(pl.Expr.ceil),
    "is_whole": _shared(lambda x: x == x.floor()),
    "startswith": _plain(lambda s, start: s.str.starts_with(start)),
    "endswith": _plain(lambda s, end: s.str.ends_with(end)),
    "contains": _plain(lambda s, part: s.str.contains(part, literal=True)),
    "lower": _plain(lambda s: s.str.replace_many(_UPPERS, _LOWERS)),
    "upper": _plain(lambda s: s.str.replace_many(_LOWERS, _UPPERS)),
    "length": _plain(lambda s: s.str.len_chars().cast(pl.Float64)),
    "seconds_between": lambda a, b: step(lambda x, y: y - x, a, b),
    "hours_between": _between(3_600.0),
    "days_between": _between(86_400.0),
    "hour_of": _cyclic(3_600.0, 24.0, 0.0),
    "weekday_of": _cyclic(86_400.0, 7.0, 3.0),
    "known": _plain(pl.Expr.is_not_null),
    "default": _shared(_or_else),
    "if_else": _shared(_choose),
}
