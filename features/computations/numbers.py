"""Ratios, counts and the shape of an amount.

A division by zero is left to the framework, which makes the value missing.
"""

import math
from typing import TypeVar

T = TypeVar("T")


def same(value: T) -> T:
    """The value itself, for a feature that is another name of one."""
    return value


def ratio(part: float, whole: float) -> float:
    return part / whole


def deviation(value: float, mean: float, standard_deviation: float) -> float:
    """How many standard deviations the value lies above the mean."""
    return (value - mean) / standard_deviation


def is_above_one(count: float) -> bool:
    return count > 1


def others(count: float) -> float | None:
    """How many there are besides one; None where there is none at all."""
    return count - 1 if count else None


def risk_of_rate(rate: float) -> float:
    """A share of fraud as a risk in points: 10 for each percent, 100 from a tenth on."""
    return min(100.0, rate * 1_000)


def is_zero(value: float) -> bool:
    return value == 0


def per_hour_of_day(count: float) -> float:
    return count / 24


def per_day_of_month(count: float) -> float:
    return count / 30


def day_against_week(day: float, week: float) -> float:
    """The last day's figure against the week's mean day: 7 means that all of it happened today."""
    return day * 7 / week


def week_against_month(week_count: float, month_count: float) -> float:
    return week_count * 30 / (month_count * 7)


def week_against_usual(week: float, average: float, month_count: float) -> float:
    """The week's sum as a multiple of the average amount, as often as in a week of the month."""
    return week * 30 / (average * month_count * 7)


def against_average(amount: float, total: float, count: float) -> float:
    """The amount as a multiple of the average of `count` that come to `total`."""
    return amount * count / total


def is_whole(amount: float) -> bool:
    """Whether the amount has no fraction."""
    return amount % 1 == 0


def fraction(amount: float) -> float:
    """The part after the decimal point, to four places."""
    return round(amount % 1, 4) % 1


def log10_of_one_more(value: float) -> float:
    """log10(1 + value): keeps 0 at 0 and makes tenfolds equal steps."""
    return math.log10(1 + value)


def trailing_zeros(amount: float) -> float | None:
    """How many zeros a whole amount ends in; 0 for one with a fraction, None for zero itself."""
    if amount == 0:
        return None
    if amount % 1:
        return 0.0
    digits = str(int(amount))
    return float(len(digits) - len(digits.rstrip("0")))


def leading_digit(amount: float) -> float | None:
    """The first digit that is not zero."""
    if amount == 0:
        return None
    return float(f"{amount:e}"[0])


def empties(before: float, after: float) -> bool | None:
    """Whether a balance that was there is now gone; None when there was none."""
    return after == 0 if before > 0 else None


def risk_level(points: float) -> str:
    """The name of a risk in points, on the same steps as a decision's level."""
    if points >= 80:
        return "critical"
    if points >= 60:
        return "high"
    return "medium" if points >= 40 else "low"


def negation(value: bool) -> bool:
    return not value


def largest(*values: float | None) -> float | None:
    """The largest of those that are known; None when none is."""
    return max([value for value in values if value is not None], default=None)


def any_true(*signals: bool | None) -> bool | None:
    """Whether any of the known signals is raised; None when nothing is known."""
    known = [signal for signal in signals if signal is not None]
    return any(known) if known else None


def missing_share(known: float, possible: float) -> float:
    return 1 - known / possible


def count_true(*signals: bool | None) -> float | None:
    """How many of the known signals are raised; None when nothing is known."""
    known = [signal for signal in signals if signal is not None]
    return float(sum(known)) if known else None


def share_raised(*signals: bool | None) -> float | None:
    """Which share of the known signals is raised, in points of 100; None when nothing is known."""
    known = [signal for signal in signals if signal is not None]
    return 100 * sum(known) / len(known) if known else None
