"""Between which numbers a term must lie, from what its features declare."""

import math
from collections.abc import Callable

from rules.language.scope import Scope
from rules.language.terms import Apply, Constant, FeatureTerm, MoneyConstant, Term

Bounds = tuple[float, float]
ANYTHING: Bounds = (-math.inf, math.inf)

# Rounding to doubles never changes an order, so the ends of a result are the results of the ends.
_FIXED: dict[str, Bounds] = {"hour_of": (0, 23), "weekday_of": (0, 6), "length": (0, math.inf)}


def bounds(term: Term, scope: Scope) -> Bounds:
    """The lowest and the highest value that the number or amount can have, if it is known."""
    match term:
        case Constant(value=float() as value):
            return value, value
        case MoneyConstant(parameter=parameter):
            return _sign_bounds([parameter.value, *parameter.overrides.values()])
        case FeatureTerm(name=name):
            feature = scope.features[name]
            low, high = feature.minimum, feature.maximum
            return (-math.inf if low is None else low, math.inf if high is None else high)
        case Apply(function=function, arguments=arguments):
            if function in _FIXED:
                return _FIXED[function]
            if function in ("default", "if_else"):
                return _either([bounds(branch, scope) for branch in arguments[-2:]])
            rule = _RULES.get(function)
            return rule([bounds(argument, scope) for argument in arguments]) if rule else ANYTHING
        case _:
            return ANYTHING


def _sign_bounds(amounts: list[float]) -> Bounds:
    """Conversion keeps an amount's sign, and nothing else that is known before the rates are."""
    return (0.0 if min(amounts) >= 0 else -math.inf, 0.0 if max(amounts) <= 0 else math.inf)


def _either(parts: list[Bounds]) -> Bounds:
    return min(low for low, _ in parts), max(high for _, high in parts)


def _sane(low: float, high: float) -> Bounds:
    return ANYTHING if math.isnan(low) or math.isnan(high) else (low, high)


def _sum(parts: list[Bounds]) -> Bounds:
    (low, high), (other_low, other_high) = parts
    return _sane(low + other_low, high + other_high)


def _difference(parts: list[Bounds]) -> Bounds:
    (low, high), (other_low, other_high) = parts
    return _sane(low - other_high, high - other_low)


def _product(parts: list[Bounds]) -> Bounds:
    ends = [a * b for a in parts[0] for b in parts[1]]
    return ANYTHING if any(math.isnan(end) for end in ends) else (min(ends), max(ends))


def _absolute(parts: list[Bounds]) -> Bounds:
    low, high = parts[0]
    return (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))


def _each_end(run: Callable[[float], float]) -> Callable[[list[Bounds]], Bounds]:
    def apply(parts: list[Bounds]) -> Bounds:
        low, high = (run(end) if math.isfinite(end) else end for end in parts[0])
        return low, high

    return apply


_RULES: dict[str, Callable[[list[Bounds]], Bounds]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "negative": lambda parts: (-parts[0][1], -parts[0][0]),
    "abs": _absolute,
    "floor": _each_end(math.floor),
    "ceil": _each_end(math.ceil),
    "round": _each_end(round),
    "min": lambda parts: (min(low for low, _ in parts), min(high for _, high in parts)),
    "max": lambda parts: (max(low for low, _ in parts), max(high for _, high in parts)),
}
