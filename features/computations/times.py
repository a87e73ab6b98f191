"""Spans, hours and calendar parts.

Moments are epoch seconds, UTC; offsets are minutes ahead of UTC.
"""

import calendar
import math
import re
from datetime import UTC, datetime
from functools import lru_cache

SECONDS_PER_DAY = 86_400
RECENT_PASSWORD_HOURS = 24
# A card is good until its month has ended everywhere on Earth, not merely in UTC.
LAST_TIME_ZONE_SECONDS = 12 * 3600

_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[/-](\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/-](0[1-9]|1[0-2])(?:[/-]\d{2})?", re.ASCII)


def seconds_between(earlier: float, later: float) -> float | None:
    """How long before ``later`` the other moment was; None when it was not before."""
    return later - earlier if later >= earlier else None


def minutes_between(earlier: float, later: float) -> float | None:
    return (later - earlier) / 60 if later >= earlier else None


def hours_between(earlier: float, later: float) -> float | None:
    return (later - earlier) / 3600 if later >= earlier else None


def days_between(earlier: float, later: float) -> float | None:
    return (later - earlier) / SECONDS_PER_DAY if later >= earlier else None


def in_minutes(seconds: float) -> float:
    return seconds / 60


def in_hours(seconds: float) -> float:
    return seconds / 3600


def hours_since_place(
    now: float, there_at: float | None, since_transaction: float | None
) -> float | None:
    """Hours since the customer was at the place; those since the last transaction when it is not
    known when that was."""
    return since_transaction if there_at is None else hours_between(there_at, now)


def hours_of_refund(seconds: float, is_refund: bool) -> float | None:
    return seconds / 3600 if is_refund else None


def is_recent_password(age_hours: float) -> bool:
    return age_hours < RECENT_PASSWORD_HOURS


def local_hour(moment: float, offset_minutes: float) -> float:
    """The hour on the customer's clock, 0 to 23."""
    return float((moment + offset_minutes * 60) % SECONDS_PER_DAY // 3600)


def local_weekday(moment: float, offset_minutes: float) -> float:
    """The day on the customer's calendar, Monday 0 to Sunday 6."""
    return float(((moment + offset_minutes * 60) // SECONDS_PER_DAY + 3) % 7)


def local_day_of_month(moment: float, offset_minutes: float) -> float:
    return float(datetime.fromtimestamp(moment + offset_minutes * 60, UTC).day)


def is_weekend(weekday: float) -> bool:
    return weekday >= 5


def is_night(hour: float) -> bool:
    return hour < 6


def is_salary_time(day_of_month: float) -> bool:
    """Whether the day is among those around a month's turn, when salaries are paid."""
    return day_of_month >= 25 or day_of_month <= 3


@lru_cache(maxsize=1024)
def card_end(expiry: str) -> float | None:
    """The moment a card stops being good: when its month has ended in the last time zone.

    Reads MM/YY, MM/YYYY, YYYY-MM and YYYY-MM-DD, with slash or hyphen.

    >>> card_end("02/30") == card_end("2030-02")
    True
    """
    if match := _MONTH_FIRST.fullmatch(expiry):
        month, year = int(match[1]), int(match[2])
        year += 2000 if year < 100 else 0
    elif match := _YEAR_FIRST.fullmatch(expiry):
        year, month = int(match[1]), int(match[2])
    else:
        return None
    if month == 12:
        year, month = year + 1, 0
    return float(calendar.timegm((year, month + 1, 1, 0, 0, 0)) + LAST_TIME_ZONE_SECONDS)


def card_is_expired(expiry: str, moment: float) -> bool | None:
    end = card_end(expiry)
    return None if end is None else moment >= end


def days_to_card_end(expiry: str, moment: float) -> float | None:
    """Days until the card stops being good, negative once it has."""
    end = card_end(expiry)
    return None if end is None else (end - moment) / SECONDS_PER_DAY


def circle_sine(value: float, period: float) -> float:
    return math.sin(2 * math.pi * value / period)


def circle_cosine(value: float, period: float) -> float:
    return math.cos(2 * math.pi * value / period)


def hour_sine(hour: float) -> float:
    """The hour on a circle, so that 23 and 0 are neighbours."""
    return circle_sine(hour, 24)


def hour_cosine(hour: float) -> float:
    return circle_cosine(hour, 24)


def weekday_sine(weekday: float) -> float:
    """The weekday on a circle, so that Sunday and Monday are neighbours."""
    return circle_sine(weekday, 7)


def weekday_cosine(weekday: float) -> float:
    return circle_cosine(weekday, 7)
