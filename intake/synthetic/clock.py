"""Local time, and the rhythm of days, weeks and months.

Offsets are computed from the two daylight-saving rules in use here rather than read from a time
zone database, so that a world has the same bytes whatever version of it a machine holds.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple

from intake.synthetic.randomness import Weighted
from intake.synthetic.settings import DAY, HOUR

_EPOCH: Final = date(1970, 1, 1)


class Zone(NamedTuple):
    """Minutes ahead of UTC in winter, and by which rule an hour is added: "", "eu" or "us"."""

    minutes: int
    summer: str = ""


def _sunday(year: int, month: int, nth: int) -> date:
    """The nth Sunday of a month; the last one for 0."""
    if nth == 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() + 1) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


@lru_cache(maxsize=4096)
def offset_minutes(zone: Zone, day: int) -> int:
    """Minutes ahead of UTC on a day (days since 1970). The clock changes at midnight."""
    if not zone.summer:
        return zone.minutes
    today = _EPOCH + timedelta(days=day)
    if zone.summer == "eu":
        begin, end = _sunday(today.year, 3, 0), _sunday(today.year, 10, 0)
    else:
        begin, end = _sunday(today.year, 3, 2), _sunday(today.year, 11, 1)
    return zone.minutes + (60 if begin <= today < end else 0)


@lru_cache(maxsize=256)
def _timezone(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


def local_text(at: float, zone: Zone) -> str:
    """ISO 8601 on the local clock, with its offset.

    >>> local_text(1_760_000_000, Zone(0, "eu"))
    '2025-10-09T09:53:20+01:00'
    """
    offset = offset_minutes(zone, int(at // DAY))
    return datetime.fromtimestamp(int(at), _timezone(offset)).isoformat()


def utc_text(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z")


def local_hour(at: float, zone: Zone) -> int:
    return int((at + offset_minutes(zone, int(at // DAY)) * 60) % DAY // HOUR)


def day_of_month(day: int) -> int:
    return (_EPOCH + timedelta(days=day)).day


def weekday(day: int) -> int:
    """Monday 0 to Sunday 6."""
    return (day + 3) % 7


def _hours(text: str) -> Weighted[int]:
    return Weighted(enumerate(float(weight) for weight in text.split()))


# Weights of the hours 0 to 23 on the local clock.
RHYTHMS: Final = {
    "shop": _hours("1 0 0 0 0 1 3 6 12 18 24 28 32 30 26 26 30 38 42 36 24 12 6 2"),
    "online": _hours("8 3 1 1 1 2 5 10 16 20 24 26 28 26 24 24 26 30 36 44 50 48 36 20"),
    "office": _hours("1 0 0 0 0 1 4 12 30 48 52 48 40 42 46 42 36 28 20 14 10 7 4 2"),
    "evening": _hours("14 6 3 1 1 1 2 4 6 8 10 12 16 16 16 18 24 34 48 56 58 50 38 24"),
    "street": _hours("1 0 0 0 1 4 12 24 34 38 38 36 36 34 34 36 42 48 46 34 20 10 5 2"),
    "night": _hours("40 44 44 40 34 24 14 8 6 5 5 5 6 6 6 6 8 10 12 14 18 24 30 36"),
    "flat": _hours("10 8 8 8 8 8 10 10 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12"),
}
# Monday to Sunday.
WEEKS: Final = {
    "even": (1.0, 1.0, 1.0, 1.0, 1.05, 1.0, 0.95),
    "work": (1.2, 1.15, 1.1, 1.1, 1.2, 0.45, 0.25),
    "leisure": (0.7, 0.7, 0.8, 0.9, 1.25, 1.6, 1.4),
    "street": (1.0, 1.0, 1.0, 1.05, 1.2, 1.25, 0.7),
}


def moment(rng: Random, day: int, zone: Zone, rhythm: str, shift: int = 0) -> float:
    """A time on a local day (days since 1970), by an activity's rhythm; `shift` hours later for
    people who live later."""
    hour = RHYTHMS[rhythm].pick(rng) + shift
    return day * DAY + hour * HOUR - offset_minutes(zone, day) * 60 + rng.random() * HOUR
