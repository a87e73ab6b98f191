"""What the operators and number functions mean: doubles in, a finite double or missing out.

Each formula is chosen so that Python and Polars, step by step, round alike. All arguments are known
and finite.
"""

import math


def finite(value: float) -> float | None:
    """The value, or missing when it overflowed or is not a number.

    >>> finite(2.5), finite(math.inf), finite(math.nan)
    (2.5, None, None)
    """
    return value if math.isfinite(value) else None


def add(left: float, right: float) -> float | None:
    """``left + right``.

    >>> add(1.0, 2.0), add(1.7e308, 1.7e308)
    (3.0, None)
    """
    return finite(left + right)


def subtract(left: float, right: float) -> float | None:
    """``left - right``.

    >>> subtract(1.0, 2.0)
    -1.0
    """
    return finite(left - right)


def multiply(left: float, right: float) -> float | None:
    """``left * right``.

    >>> multiply(1.5, 2.0), multiply(1e200, 1e200)
    (3.0, None)
    """
    return finite(left * right)


def divide(left: float, right: float) -> float | None:
    """``left / right``; missing when ``right`` is zero.

    >>> divide(1.0, 4.0), divide(1.0, 0.0)
    (0.25, None)
    """
    return finite(left / right) if right else None


def floor_divide(left: float, right: float) -> float | None:
    """``left // right``: the quotient rounded down.

    >>> floor_divide(7.0, 2.0), floor_divide(-7.0, 2.0), floor_divide(7.0, 0.0)
    (3.0, -4.0, None)
    """
    quotient = divide(left, right)
    return None if quotient is None else floor(quotient)


def modulo(left: float, right: float) -> float | None:
    """``left % right``: what is left over from ``left // right``; it has the sign of ``right``.

    >>> modulo(7.0, 3.0), modulo(-7.0, 3.0), modulo(7.0, 0.0)
    (1.0, 2.0, None)
    """
    quotient = floor_divide(left, right)
    return None if quotient is None else finite(left - right * quotient)


def negate(value: float) -> float:
    """``-value``.

    >>> negate(2.0)
    -2.0
    """
    return -value


def floor(value: float) -> float:
    """The nearest whole number that is not above.

    >>> floor(2.7), floor(-2.1)
    (2.0, -3.0)
    """
    return float(math.floor(value))


def ceil(value: float) -> float:
    """The nearest whole number that is not below.

    >>> ceil(2.1), ceil(-2.7)
    (3.0, -2.0)
    """
    return float(math.ceil(value))


def round_half_even(value: float) -> float:
    """The nearest whole number; from the middle between two, the even one.

    >>> round_half_even(2.4), round_half_even(2.5), round_half_even(3.5)
    (2.0, 2.0, 4.0)
    """
    return float(round(value))


def is_whole(value: float) -> bool:
    """Whether there is nothing behind the decimal point.

    >>> is_whole(500.0), is_whole(499.99)
    (True, False)
    """
    return value == math.floor(value)


def seconds_between(earlier: float, later: float) -> float | None:
    """Seconds from the first moment to the second; negative when the second comes first.

    >>> seconds_between(100.0, 160.0)
    60.0
    """
    return finite(later - earlier)


def hours_between(earlier: float, later: float) -> float | None:
    """Hours from the first moment to the second, with fractions.

    >>> hours_between(0.0, 5_400.0)
    1.5
    """
    seconds = seconds_between(earlier, later)
    return None if seconds is None else seconds / 3_600.0


def days_between(earlier: float, later: float) -> float | None:
    """Days of 24 hours from the first moment to the second, with fractions.

    >>> days_between(0.0, 129_600.0)
    1.5
    """
    seconds = seconds_between(earlier, later)
    return None if seconds is None else seconds / 86_400.0


def hour_of(moment: float, utc_offset_hours: float = 0.0) -> float | None:
    """The hour of the day, 0 to 23, in UTC or at an offset from it.

    >>> hour_of(1_700_000_000.0), hour_of(1_700_000_000.0, 3.0), hour_of(1_700_000_000.0, -5.5)
    (22.0, 1.0, 16.0)
    """
    return modulo_of_floor(moment, utc_offset_hours, 3_600.0, 24.0, 0.0)


def weekday_of(moment: float, utc_offset_hours: float = 0.0) -> float | None:
    """The day of the week, 0 (Monday) to 6 (Sunday), in UTC or at an offset from it.

    >>> weekday_of(0.0), weekday_of(3 * 86_400.0)  # 1 January 1970 was a Thursday
    (3.0, 6.0)
    """
    return modulo_of_floor(moment, utc_offset_hours, 86_400.0, 7.0, 3.0)


def modulo_of_floor(
    moment: float, offset_hours: float, unit: float, cycle: float, first: float
) -> float | None:
    """Which unit of its cycle the moment falls in; the epoch began with ``first``."""
    shifted = finite(moment + offset_hours * 3_600.0)
    return None if shifted is None else modulo(floor(shifted / unit) + first, cycle)
