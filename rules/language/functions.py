"""The allow-list: every operator and function, the types that it takes, and what it means.

All of `OPERATORS` and `FUNCTIONS` are strict: with a missing argument the answer is missing, so
their meaning is given for known arguments only. The few that look at missing values are in
`SPECIAL` and live in the checker.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from features.types import Type
from rules.language import arithmetic, texts

NUMBER, MONEY, BOOLEAN = Type.NUMBER, Type.MONEY, Type.BOOLEAN
STRING, STRINGS, TIMESTAMP = Type.STRING, Type.STRINGS, Type.TIMESTAMP
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
MAX_ARGUMENTS = 32


@dataclass(frozen=True, slots=True)
class Signature:
    """One accepted combination of argument types and the type that comes out."""

    takes: tuple[Type, ...]
    gives: Type


@dataclass(frozen=True, slots=True)
class Function:
    """An operator or function. ``run`` is its meaning; it gets known values only.

    ``may_miss``: it can give missing for known arguments (overflow, division by zero).
    ``variadic``: the last type of a signature may be repeated.
    ``constants``: positions of arguments that must be written out or be parameters.
    """

    usage: str
    signatures: tuple[Signature, ...]
    run: Callable[..., Any]
    may_miss: bool = False
    variadic: bool = False
    constants: tuple[int, ...] = ()


def _each(*types: Type, gives: Type | None = None, count: int = 2) -> tuple[Signature, ...]:
    """One signature a type, with ``count`` arguments of it; it gives the same type unless told."""
    return tuple(Signature((kind,) * count, gives or kind) for kind in types)


def _comparison(symbol: str, run: Callable[[Any, Any], bool], *types: Type) -> Function:
    return Function(f"a {symbol} b", _each(*types, gives=BOOLEAN), run)


_ORDERED = (NUMBER, MONEY, TIMESTAMP)
_RATIO = Signature((MONEY, MONEY), NUMBER)
_SCALED = Signature((MONEY, NUMBER), MONEY)

OPERATORS: Mapping[str, Function] = {
    "==": _comparison("==", operator.eq, *_ORDERED, STRING),
    "!=": _comparison("!=", operator.ne, *_ORDERED, STRING),
    "<": _comparison("<", operator.lt, *_ORDERED),
    "<=": _comparison("<=", operator.le, *_ORDERED),
    ">": _comparison(">", operator.gt, *_ORDERED),
    ">=": _comparison(">=", operator.ge, *_ORDERED),
    "in": Function(
        "a in b",
        (Signature((STRING, STRINGS), BOOLEAN), Signature((NUMBER, STRINGS), BOOLEAN)),
        lambda item, items: item in items,
    ),
    "+": Function("a + b", _each(NUMBER, MONEY), arithmetic.add, may_miss=True),
    "-": Function("a - b", _each(NUMBER, MONEY), arithmetic.subtract, may_miss=True),
    "*": Function(
        "a * b",
        (*_each(NUMBER), _SCALED, Signature((NUMBER, MONEY), MONEY)),
        arithmetic.multiply,
        may_miss=True,
    ),
    "/": Function("a / b", (*_each(NUMBER), _RATIO, _SCALED), arithmetic.divide, may_miss=True),
    "//": Function("a // b", (*_each(NUMBER), _RATIO), arithmetic.floor_divide, may_miss=True),
    "%": Function("a % b", _each(NUMBER, MONEY), arithmetic.modulo, may_miss=True),
    "negative": Function("-a", _each(NUMBER, MONEY, count=1), arithmetic.negate),
}

FUNCTIONS: Mapping[str, Function] = {
    "min": Function("min(a, b, ...)", _each(NUMBER, MONEY), min, variadic=True),
    "max": Function("max(a, b, ...)", _each(NUMBER, MONEY), max, variadic=True),
    "abs": Function("abs(x)", _each(NUMBER, MONEY, count=1), abs),
    "round": Function("round(x)", _each(NUMBER, MONEY, count=1), arithmetic.round_half_even),
    "floor": Function("floor(x)", _each(NUMBER, MONEY, count=1), arithmetic.floor),
    "ceil": Function("ceil(x)", _each(NUMBER, MONEY, count=1), arithmetic.ceil),
    "is_whole": Function(
        "is_whole(x)", _each(NUMBER, MONEY, gives=BOOLEAN, count=1), arithmetic.is_whole
    ),
    "startswith": Function("startswith(s, start)", _each(STRING, gives=BOOLEAN), texts.starts_with),
    "endswith": Function("endswith(s, end)", _each(STRING, gives=BOOLEAN), texts.ends_with),
    "contains": Function("contains(s, part)", _each(STRING, gives=BOOLEAN), texts.contains),
    "contains_any": Function(
        "contains_any(s, list)",
        (Signature((STRING, STRINGS), BOOLEAN),),
        texts.contains_any,
        constants=(1,),
    ),
    "matches": Function(
        'matches(s, "pattern")', _each(STRING, gives=BOOLEAN), texts.matches, constants=(1,)
    ),
    "lower": Function("lower(s)", _each(STRING, count=1), texts.lower),
    "upper": Function("upper(s)", _each(STRING, count=1), texts.upper),
    "length": Function("length(s)", _each(STRING, STRINGS, gives=NUMBER, count=1), texts.length),
    "seconds_between": Function(
        "seconds_between(earlier, later)",
        _each(TIMESTAMP, gives=NUMBER),
        arithmetic.seconds_between,
        may_miss=True,
    ),
    "hours_between": Function(
        "hours_between(earlier, later)",
        _each(TIMESTAMP, gives=NUMBER),
        arithmetic.hours_between,
        may_miss=True,
    ),
    "days_between": Function(
        "days_between(earlier, later)",
        _each(TIMESTAMP, gives=NUMBER),
        arithmetic.days_between,
        may_miss=True,
    ),
    "hour_of": Function(
        "hour_of(moment[, utc offset in hours])",
        (Signature((TIMESTAMP,), NUMBER), Signature((TIMESTAMP, NUMBER), NUMBER)),
        arithmetic.hour_of,
        may_miss=True,
    ),
    "weekday_of": Function(
        "weekday_of(moment[, utc offset in hours])",
        (Signature((TIMESTAMP,), NUMBER), Signature((TIMESTAMP, NUMBER), NUMBER)),
        arithmetic.weekday_of,
        may_miss=True,
    ),
}

SPECIAL: Mapping[str, str] = {
    "listed": 'listed(identifier or string, "list name")',
    "known": "known(x)",
    "default": "default(x, value)",
    "if_else": "if_else(condition, a, b)",
}

MEANINGS: Mapping[str, Function] = {**OPERATORS, **FUNCTIONS}
FUNCTION_NAMES = frozenset({*FUNCTIONS, *SPECIAL})
