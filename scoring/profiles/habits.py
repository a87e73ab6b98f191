"""What is kept of a customer, and how one decided transaction changes it. No database here.

Plain figures (counts, the mean of the amounts) are over all time. Those that tell the customer's
rhythm and range of amounts fade, so that somebody who changes jobs is not measured by the old one:
a transaction weighs half as much as one that happened `HALF_LIFE_SECONDS` later. Weights are
relative to the newest transaction, which makes the sums independent of the order of arrival.
"""

import math
from collections.abc import Iterable
from struct import Struct
from typing import Any, NamedTuple

import msgspec
from msgspec import field

from scoring.profiles.known import Things, Words, key_of

FORM = 1
HALF_LIFE_SECONDS = 90 * 86_400.0

MOST_BYTES = 1_880
"""No content is larger: with the row's other columns it stays under 2 KB, and so is never moved out
of the table's own pages."""

MOST_DEVICES = 10
MOST_NETWORKS = 5
MOST_CELLS = 5
MOST_MERCHANTS = 14
MOST_BENEFICIARIES = 12
MOST_CATEGORIES = 18
MOST_COUNTRIES = 5
MOST_CHANNELS = 5
MOST_CHARGEBACKS = 5
MOST_TAKEOVER_DAYS = 5
LONGEST_CATEGORY = 24  # bytes in UTF-8; a longer one is not learned
LONGEST_CHANNEL = 12
LONGEST_COUNTRY = 2

LARGE_USD = 5_000.0
"""From here on an amount is large, as in the rule on high amounts."""

DONATION_MCC = "8398"  # ISO 18245: charitable and social service organisations

DAY_SECONDS = 86_400
HOURS = 24
_RHYTHM = Struct("<31f")


class Seen(NamedTuple):
    """One decided transaction as profiles see it; None where nothing is known.

    Only when `ordinary` do the habits learn from it: a declined fraud must not make its own device
    a known one.
    """

    occurred_at: float  # epoch seconds
    ordinary: bool
    amount: float | None = None  # in the institution's currency
    usd: float | None = None  # the same in US dollars
    whole: bool = False
    refund: bool | None = None
    mcc: str | None = None
    hour: int | None = None  # the customer's own
    weekday: int | None = None
    device: int | None = None  # the row's id: other than the hash, it outlives a change of keys
    merchant: bytes | None = None  # keyed hashes
    beneficiary: bytes | None = None
    network: int | None = None  # number of the autonomous system
    country: str | None = None  # of the address, else the one stated
    category: str | None = None
    channel: str | None = None
    place: tuple[float, float] | None = None  # latitude, longitude
    by_address: bool = False  # the place is that of the internet address
    charged_back_at: float | None = None  # when that became known
    purchase: bool = False
    taken_over: bool = False  # labelled as the work of somebody who took the account over


class Habits(msgspec.Struct, array_like=True):
    """The content of a profile. A field may be added at the end, with a default."""

    form: int = FORM
    # All decided transactions.
    attempts: int = 0
    first_at: float | None = None
    last_at: float | None = None
    # Ordinary ones from here on.
    learned: int = 0
    newest: float | None = None  # what weights are relative to
    counted: int = 0  # with an amount in the institution's currency
    mean: float = 0.0
    squares: float = 0.0  # sum of squared deviations from the mean
    largest: float = 0.0
    log_weight: float = 0.0  # of ln(1 + amount), fading
    log_mean: float = 0.0
    log_squares: float = 0.0
    priced: int = 0  # with an amount in US dollars
    large: int = 0
    whole: int = 0
    typed: int = 0  # with a type
    refunds: int = 0
    coded: int = 0  # with a merchant category code
    donations: int = 0
    timed: int = 0  # with a local hour
    rhythm: bytes = bytes(_RHYTHM.size)  # fading weights of 24 hours and 7 weekdays
    devices: Things = field(default_factory=Things)
    networks: Things = field(default_factory=Things)
    cells: Things = field(default_factory=Things)  # places, to a degree
    merchants: Things = field(default_factory=Things)
    beneficiaries: Things = field(default_factory=Things)
    countries: Words = field(default_factory=Words)
    categories: Words = field(default_factory=Words)
    channels: Words = field(default_factory=Words)
    place: tuple[float, float, float, bool] | None = None  # the newest: where, when, by address
    charged_back: int = 0  # ordinary or not
    charged_back_at: list[float] = []  # when the newest of them became known
    purchases: int = 0  # ordinary ones
    takeover_days: list[int] = []  # the newest days (since 1970, UTC) on which others acted

    def hours_and_weekdays(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Their weights; see :func:`learn` on hours."""
        weights = _RHYTHM.unpack(self.rhythm)
        return weights[:HOURS], weights[HOURS:]


_decode = msgspec.msgpack.Decoder(Habits).decode
_encode = msgspec.msgpack.Encoder().encode


def read(content: bytes | memoryview) -> Habits:
    """Nothing known for empty content."""
    return _decode(content) if content else Habits()


def write(habits: Habits) -> bytes:
    return _encode(habits)


def learn(habits: Habits, events: Iterable[Seen]) -> Habits:
    """The same habits, knowing these transactions too; whatever order they come in.

    Each hour lends a quarter of its weight to either neighbour: a few minutes earlier or later
    are no other habit.
    """
    rhythm = list(_RHYTHM.unpack(habits.rhythm))
    for seen in events:
        habits.attempts += 1
        habits.first_at = _least(habits.first_at, seen.occurred_at)
        habits.last_at = _greatest(habits.last_at, seen.occurred_at)
        if seen.charged_back_at is not None:
            habits.charged_back += 1
            known = sorted([*habits.charged_back_at, seen.charged_back_at])
            habits.charged_back_at = known[-MOST_CHARGEBACKS:]
        if seen.taken_over:
            days = {*habits.takeover_days, int(seen.occurred_at // DAY_SECONDS)}
            habits.takeover_days = sorted(days)[-MOST_TAKEOVER_DAYS:]
        if seen.ordinary:
            habits.learned += 1
            weight = _weight(habits, rhythm, seen.occurred_at)
            _learn_rhythm(habits, rhythm, seen, weight)
            _learn_amount(habits, seen, weight)
            _learn_kind(habits, seen)
            _meet_things(habits, seen)
            _meet_words(habits, seen)
            _learn_place(habits, seen)
    habits.rhythm = _RHYTHM.pack(*rhythm)
    return habits


def _weight(habits: Habits, rhythm: list[float], at: float) -> float:
    """What this moment weighs; when it is the newest, everything earlier fades."""
    newest, habits.newest = habits.newest, _greatest(habits.newest, at)
    if newest is None:
        return 1.0
    if at <= newest:
        return _faded(newest - at)
    fade = _faded(at - newest)
    rhythm[:] = [weight * fade for weight in rhythm]
    habits.log_weight *= fade
    habits.log_squares *= fade
    return 1.0


def _faded(seconds: float) -> float:
    return float(2.0 ** -(seconds / HALF_LIFE_SECONDS))


def _learn_rhythm(habits: Habits, rhythm: list[float], seen: Seen, weight: float) -> None:
    hour, weekday = seen.hour, seen.weekday
    if hour is None or weekday is None:
        return
    habits.timed += 1
    rhythm[hour] += weight / 2
    rhythm[(hour - 1) % HOURS] += weight / 4
    rhythm[(hour + 1) % HOURS] += weight / 4
    rhythm[HOURS + weekday] += weight


def _learn_amount(habits: Habits, seen: Seen, weight: float) -> None:
    """Running mean and squared deviations (Welford, 1962), plain and, of the logarithm, fading."""
    if seen.usd is not None:
        habits.priced += 1
        habits.large += seen.usd >= LARGE_USD
    amount = seen.amount
    if amount is None:
        return
    habits.counted += 1
    habits.largest = max(habits.largest, amount)
    off = amount - habits.mean
    habits.mean += off / habits.counted
    habits.squares += off * (amount - habits.mean)
    log = math.log1p(amount)
    off = log - habits.log_mean
    habits.log_weight += weight
    habits.log_mean += off * weight / habits.log_weight
    habits.log_squares += weight * off * (log - habits.log_mean)


def _learn_kind(habits: Habits, seen: Seen) -> None:
    habits.whole += seen.whole
    habits.purchases += seen.purchase
    if seen.refund is not None:
        habits.typed += 1
        habits.refunds += seen.refund
    if seen.mcc is not None:
        habits.coded += 1
        habits.donations += seen.mcc == DONATION_MCC


def _meet_things(habits: Habits, seen: Seen) -> None:
    at = seen.occurred_at
    if seen.device is not None:
        habits.devices.meet(seen.device, at, MOST_DEVICES)
    if seen.network is not None:
        habits.networks.meet(seen.network, at, MOST_NETWORKS)
    if seen.merchant is not None:
        habits.merchants.meet(key_of(seen.merchant), at, MOST_MERCHANTS)
    if seen.beneficiary is not None:
        habits.beneficiaries.meet(key_of(seen.beneficiary), at, MOST_BENEFICIARIES)


def _meet_words(habits: Habits, seen: Seen) -> None:
    at = seen.occurred_at
    for words, text, most, longest in (
        (habits.countries, seen.country, MOST_COUNTRIES, LONGEST_COUNTRY),
        (habits.categories, seen.category, MOST_CATEGORIES, LONGEST_CATEGORY),
        (habits.channels, seen.channel, MOST_CHANNELS, LONGEST_CHANNEL),
    ):
        if text and fits(text, longest):
            words.meet(text, at, most)


def fits(text: str, longest: int) -> bool:
    """Whether a name is short enough to be kept."""
    return len(text) <= longest and (text.isascii() or len(text.encode()) <= longest)


def _learn_place(habits: Habits, seen: Seen) -> None:
    """The newest place; of several at one moment the greatest, lest their order matter."""
    if seen.place is None:
        return
    habits.cells.meet(cell_of(*seen.place), seen.occurred_at, MOST_CELLS)
    found = (*seen.place, seen.occurred_at, seen.by_address)
    held = habits.place
    if held is None or (held[2], held) < (found[2], found):
        habits.place = found


def cell_of(latitude: float, longitude: float) -> int:
    """The square of one degree (at most 111 km wide) that holds the place.

    >>> cell_of(6.5, 3.4) == cell_of(6.9, 3.1), cell_of(6.5, 3.4) == cell_of(9.1, 7.4)
    (True, False)
    """
    return (math.floor(latitude) + 90) * 361 + math.floor(longitude) + 180


def _least(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)


def _greatest(one: float | None, other: float) -> float:
    return other if one is None else max(one, other)


def as_facts(habits: Habits) -> dict[str, Any]:
    """The content by name, laid open, for comparing and showing."""
    facts: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(habits))
    facts["rhythm"] = _RHYTHM.unpack(habits.rhythm)
    for name in ("devices", "networks", "cells", "merchants", "beneficiaries"):
        things: Things = getattr(habits, name)
        facts[name] = [things.given, things.met, things.sightings()]
    return facts
