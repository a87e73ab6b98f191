"""Sets of values that something may still have, narrowed one comparison after the other."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers between two ends, each belonging to it or not, without some single ones."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    without: frozenset[float] = frozenset()

    @property
    def is_empty(self) -> bool:
        if self.low > self.high:
            return True
        return self.low == self.high and (
            self.low_open or self.high_open or self.low in self.without
        )

    def narrow(self, operator: str, value: float) -> "Range":
        """The part of the range for which ``x operator value`` holds.

        >>> Range(0, 10).narrow(">", 5).narrow("<", 3).is_empty
        True
        """
        match operator:
            case "<" | "<=":
                return self._below(value, strict=operator == "<")
            case ">" | ">=":
                return self._above(value, strict=operator == ">")
            case "==":
                return self._below(value, strict=False)._above(value, strict=False)
            case _:
                return replace(self, without=self.without | {value})

    def _below(self, value: float, *, strict: bool) -> "Range":
        if value > self.high:
            return self
        is_open = strict or (value == self.high and self.high_open)
        return replace(self, high=value, high_open=is_open)

    def _above(self, value: float, *, strict: bool) -> "Range":
        if value < self.low:
            return self
        is_open = strict or (value == self.low and self.low_open)
        return replace(self, low=value, low_open=is_open)

    def among(self, values: frozenset[float]) -> "Range":
        """The part of the range between the lowest and the highest of ``values`` in it."""
        left = [value for value in values if not self.narrow("==", value).is_empty]
        if not left:
            return Range(1.0, 0.0)
        return self.narrow(">=", min(left)).narrow("<=", max(left))


@dataclass(frozen=True, slots=True)
class Choice:
    """Strings, or True and False: those still allowed (None is all), and those not."""

    allowed: frozenset[str | bool] | None = None
    without: frozenset[str | bool] = frozenset()

    @property
    def is_empty(self) -> bool:
        return self.allowed is not None and not self.allowed - self.without

    def keep(self, values: frozenset[str | bool]) -> "Choice":
        """Only these values.

        >>> Choice().keep(frozenset({"NG", "KE"})).drop(frozenset({"NG", "KE"})).is_empty
        True
        """
        return Choice(values if self.allowed is None else self.allowed & values, self.without)

    def drop(self, values: frozenset[str | bool]) -> "Choice":
        """None of these values."""
        return Choice(self.allowed, self.without | values)


Domain = Range | Choice


def meet(one: Domain, other: Domain) -> Domain:
    """The values that are in both."""
    if isinstance(one, Range) and isinstance(other, Range):
        low = max((one.low, one.low_open), (other.low, other.low_open))
        high = min((one.high, not one.high_open), (other.high, not other.high_open))
        return Range(low[0], high[0], low[1], not high[1], one.without | other.without)
    if isinstance(one, Choice) and isinstance(other, Choice):
        kept = one if other.allowed is None else one.keep(other.allowed)
        return kept.drop(other.without)
    return one
