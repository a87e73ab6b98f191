"""How unlikely a transaction is for the customer: `behavior_anomaly_score`.

Each side of the transaction for which there is enough history gives a tail probability, the share
of the customer's own transactions that would be at least as unusual:

    hour, weekday   by the customer's own rhythm, neighbouring hours lending to each other
    amount          of one as high or higher, by Student's t on ln(1 + amount)
    means           of a device or channel not used before
    place           of a country or network not seen before
    category        of a merchant category not bought in before

Device and channel are one side, and so are country and network, because a new telephone or a
journey changes both at once. The sides are joined by Fisher's method, `X = -2 * sum(ln p)`, whose
distribution is taken as a gamma distribution with the mean and variance that X has for this very
customer (as Brown, 1975, does): a side that only tells new from known seldom adds anything. The
score runs with the logarithm of the joint probability P and reaches 0.7 where P is 1 in 200, so
that ordinary behaviour passes that line less than once in 200 times.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from scoring.profiles.habits import HOURS, Habits
from scoring.profiles.known import Things, Words

ENOUGH = 20
"""Ordinary transactions that a side needs before it says anything."""

ALARM_SCORE = 0.7
ALARM_SHARE = 1 / 200
_PER_DECADE = ALARM_SCORE / -math.log10(ALARM_SHARE)

# Weight of even odds over all hours (weekdays), beside that of the customer's own transactions.
_EVEN_HOURS = 6.0
_EVEN_WEEKDAYS = 3.5

# People who always pay the same amount still may pay a third more one day.
_LEAST_SPREAD = 0.3
# Nobody is so settled that something new is less likely than this.
_LEAST_NEWS = 0.01

_FEWEST_SIDES = 2
_MOST_NEWS = 0.99
_LEAST_TAIL = 1e-12
_ROOT_OF_TWO = math.sqrt(2)

UNUSUAL_HOUR = 1 / 100
UNUSUAL_WEEKDAY = 1 / 40

# The same where a single hour (weekday) is called unusual. Heavier, as no other side speaks along.
_CAUTIOUS_HOURS = 8.0
_CAUTIOUS_WEEKDAYS = 7.0


class Rhythm(NamedTuple):
    """The customer's weights of hours and weekdays, and the ones it is now."""

    hours: Sequence[float]
    weekdays: Sequence[float]
    total: float  # of either
    hour: int
    weekday: int


class Now(NamedTuple):
    """The transaction, where it is known; what is `new` is None when it was not given."""

    amount: float | None = None  # in the institution's currency
    rhythm: Rhythm | None = None
    device_new: bool | None = None
    channel_new: bool | None = None
    country_new: bool | None = None
    network_new: bool | None = None
    category_new: bool | None = None


def anomaly_score(habits: Habits, now: Now) -> float | None:
    """0 (as always) to 1; None when fewer than two sides have enough history."""
    tails, graded = _graded(habits, now)
    found, mean, variance, sides = -2 * math.log(tails), 2.0 * graded, 4.0 * graded, graded
    for chance, new in _news(habits, now):
        if not chance:
            continue
        sides += 1
        worth = -2 * math.log(chance)
        if new:
            found += worth
        mean += chance * worth
        variance += chance * (1 - chance) * worth * worth
    if sides < _FEWEST_SIDES:
        return None
    tail = _gamma_tail(found, mean, variance)
    return min(1.0, -math.log10(max(tail, _LEAST_TAIL)) * _PER_DECADE)


def _graded(habits: Habits, now: Now) -> tuple[float, int]:
    """The sides that have a tail probability for everything: their product and number.

    -2 ln p of an even p has mean 2 and variance 4.
    """
    tails, sides = 1.0, 0
    if now.rhythm is not None and habits.timed >= ENOUGH:
        hours, weekdays, total, hour, weekday = now.rhythm
        tails = _tail(hours, total, hour, _EVEN_HOURS)
        tails *= _tail(weekdays, total, weekday, _EVEN_WEEKDAYS)
        sides = 2
    if now.amount is not None and habits.counted >= ENOUGH:
        tails *= amount_tail(habits, now.amount)
        sides += 1
    return tails, sides


def _news(habits: Habits, now: Now) -> tuple[tuple[float, bool], ...]:
    """The sides that only tell new from known: how likely news are (0: cannot tell), and if so."""
    return (
        (
            min(
                _chance(now.device_new, habits.devices) + _chance(now.channel_new, habits.channels),
                _MOST_NEWS,
            ),
            bool(now.device_new or now.channel_new),
        ),
        (
            min(
                _chance(now.country_new, habits.countries)
                + _chance(now.network_new, habits.networks),
                _MOST_NEWS,
            ),
            bool(now.country_new or now.network_new),
        ),
        (_chance(now.category_new, habits.categories), bool(now.category_new)),
    )


def _chance(new: bool | None, known: Things | Words) -> float:
    """How likely something new is; 0 when nothing can be said.

    The first one was bound to be new; half a one more is what is not excluded yet.
    """
    if new is None or known.given < ENOUGH:
        return 0.0
    return max((known.met - 0.5) / known.given, _LEAST_NEWS)


def _tail(weights: Sequence[float], total: float, place: int, even: float) -> float:
    """How likely one of the places is that weigh as little as this one, or less."""
    line = weights[place] * (1 + 1e-6)  # fading weights differ in their last digits
    rarer = [weight for weight in weights if weight <= line]
    return (sum(rarer) + even * len(rarer) / len(weights)) / (total + even)


def _gamma_tail(value: float, mean: float, variance: float) -> float:
    """P(X >= value) of a gamma distribution, by Wilson and Hilferty's cube root (1931)."""
    if value <= 0:
        return 1.0
    off = variance / (9 * mean * mean)
    deviation = ((value / mean) ** (1 / 3) - 1 + off) / math.sqrt(off)
    return 0.5 * math.erfc(deviation / _ROOT_OF_TWO)


def amount_tail(habits: Habits, amount: float) -> float:
    """How likely an amount is that is as high or higher; see :func:`student_tail`."""
    weight = habits.log_weight
    spread = math.sqrt(max(habits.log_squares, 0.0) / weight) if weight > 0 else 0.0
    spread = max(spread, _LEAST_SPREAD) * math.sqrt(1 + 1 / max(weight, 1.0))
    return student_tail((math.log1p(amount) - habits.log_mean) / spread)


def student_tail(deviation: float) -> float:
    """P(T >= deviation) of Student's t with four degrees of freedom.

    Amounts have more outliers than a normal distribution of their logarithms: rents, salaries.
    """
    share = deviation / math.sqrt(1 + deviation * deviation / 4)
    return max(0.5 - 0.375 * share * (1 - share * share / 12), _LEAST_TAIL)


def is_unusual_hour(rhythm: Rhythm) -> bool:
    """Whether less than 1 in 100 of the customer's transactions fall into this hour.

    Even odds take part with the weight of eight transactions: an hour in which nothing was seen is
    unusual after 26 recent transactions elsewhere.
    """
    even = _CAUTIOUS_HOURS / HOURS
    share = (rhythm.hours[rhythm.hour] + even) / (rhythm.total + _CAUTIOUS_HOURS)
    return share < UNUSUAL_HOUR


def is_unusual_weekday(rhythm: Rhythm) -> bool:
    """Whether less than 1 in 40 fall on this day of the week.

    Even odds take part with the weight of seven transactions: a day on which nothing was seen is
    unusual after 34 recent transactions on others.
    """
    even = _CAUTIOUS_WEEKDAYS / len(rhythm.weekdays)
    share = (rhythm.weekdays[rhythm.weekday] + even) / (rhythm.total + _CAUTIOUS_WEEKDAYS)
    return share < UNUSUAL_WEEKDAY
