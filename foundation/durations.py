"""Lengths of time as people say them."""

from typing import Final

SECONDS: Final = {
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3_600.0,
    "days": 86_400.0,
    "years": 31_557_600.0,  # 365.25 days
}
"""How long each unit is. Features and parameters name the first four as theirs."""

# A length is told in the first unit in which it stays below so many.
_BELOW = (("seconds", 90), ("minutes", 90), ("hours", 48), ("days", 730), ("years", float("inf")))


def say_duration(value: float, unit: str) -> str:
    """A measured length in one unit that suits it, to two digits or the whole number.

    >>> say_duration(0.0377, "days"), say_duration(2_197.43, "minutes"), say_duration(2.6, "hours")
    ('54 minutes', '37 hours', '2.6 hours')
    >>> say_duration(0.0718, "seconds"), say_duration(60, "minutes"), say_duration(1, "seconds")
    ('less than a second', '60 minutes', '1 second')
    """
    seconds = value * SECONDS[unit]
    if 0 < abs(seconds) < 1:
        return "less than a second"
    chosen = next(name for name, most in _BELOW if abs(_rounded(seconds / SECONDS[name])) < most)
    return _with_unit(_rounded(seconds / SECONDS[chosen]), chosen)


def say_limit(value: float, unit: str) -> str:
    """A length that somebody set, exactly: in the largest unit in which it is a whole number of
    two or more, else in its own.

    >>> say_limit(2_880, "minutes"), say_limit(24, "hours"), say_limit(100, "seconds")
    ('2 days', '24 hours', '100 seconds')
    >>> say_limit(7, "days"), say_limit(1.5, "minutes"), say_limit(0.3, "seconds")
    ('7 days', '90 seconds', '0.3 seconds')
    """
    seconds = value * SECONDS[unit]
    for name in ("days", "hours", "minutes", "seconds"):
        count = seconds / SECONDS[name]
        if count == int(count) and abs(count) >= 2:
            return _with_unit(count, name)
    return _with_unit(value, unit)


def _rounded(count: float) -> float:
    return round(count, 1) if abs(count) < 10 else float(round(count))


def _with_unit(count: float, unit: str) -> str:
    number = f"{count:,.10g}"
    return f"{number} {unit[:-1] if number == '1' else unit}"
