"""What a customer's habits say of a transaction that is being decided, by feature name. Pure.

The habits hold earlier transactions only. What they cannot tell is left out: it is missing, not
zero and not false.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from features.computations import times
from features.framework import Value
from scoring.profiles.habits import (
    LONGEST_CATEGORY,
    LONGEST_CHANNEL,
    LONGEST_COUNTRY,
    MOST_BENEFICIARIES,
    MOST_MERCHANTS,
    Habits,
    fits,
)
from scoring.profiles.known import Things, Words, key_of
from scoring.profiles.surprise import (
    ENOUGH,
    Now,
    Rhythm,
    anomaly_score,
    is_unusual_hour,
    is_unusual_weekday,
)

FEW = 5
"""Ordinary transactions before averages and shares mean anything."""

SOME_PURCHASES = 10
"""Purchases with a category before there are usual ones."""

SETTLED = 0.2
"""Who meets new categories more often than in this share of purchases has no usual ones."""

A_TAKEOVER_DAYS = 7
"""Frauds closer together than this are the work of one takeover."""

LATELY_SECONDS = 30 * 86_400.0
YEAR_SECONDS = 365 * 86_400.0

# Named by the client, they tell where the customer was last; ours would not fit the other half.
PLACES_OF_ITS_OWN = frozenset(
    {
        "last_latitude",
        "last_longitude",
        "last_location_at",
        "distance_from_last_location_km",
        "hours_since_last_location",
        "hours_since_last_transaction",
        "travel_speed_kmh",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The transaction to be decided, as far as habits have to know it.

    ``values`` are features known before the vector is computed, by name: what the client supplied
    over what was found about its address. ``device`` is the row's id of a device that the
    institution has seen before. ``merchant`` and ``beneficiary`` are keyed hashes under every key
    in use. ``rate`` is the transaction's currency for one unit of the institution's.
    """

    occurred_at: float  # epoch seconds
    amount: float
    rate: float | None
    offset_minutes: float | None  # of the customer's clock; None when the local time is not known
    device_given: bool = False
    device: int | None = None
    merchant: Sequence[bytes] = ()
    beneficiary: Sequence[bytes] = ()
    values: Mapping[str, Value] = field(default_factory=dict)


def features_of_habits(habits: Habits, asked: Asked) -> dict[str, Value]:
    """The features that the customer's history answers; see docs/profiles.md for each."""
    found: dict[str, Value] = {}
    if habits.first_at is not None and habits.first_at <= asked.occurred_at:
        found["first_transaction_date"] = habits.first_at
    if habits.last_at is not None and habits.last_at <= asked.occurred_at:
        found["last_transaction_at"] = habits.last_at
    found["transactions_in_profile"] = float(habits.learned)
    if habits.charged_back:
        _chargebacks(habits, asked.occurred_at, found)
    if habits.takeover_days:
        found["account_takeover_count"] = _takeovers(habits.takeover_days)
    if not habits.learned:
        return found
    _money(habits, asked.rate, found)
    _shares(habits, found)
    now = _now(habits, asked, found)
    _payees(habits, asked, found)
    _journey(habits, asked, found)
    if habits.learned >= ENOUGH:
        score = anomaly_score(habits, now)
        if score is not None:
            found["behavior_anomaly_score"] = score
    return found


def _money(habits: Habits, rate: float | None, found: dict[str, Value]) -> None:
    """Amounts are kept in the institution's currency, and given in the transaction's."""
    if rate is None or habits.counted < FEW:
        return
    found["avg_transaction_amount"] = habits.mean * rate
    spread = math.sqrt(max(habits.squares, 0.0) / (habits.counted - 1))
    found["transaction_amount_stddev"] = spread * rate
    found["max_transaction_amount"] = habits.largest * rate


def _shares(habits: Habits, found: dict[str, Value]) -> None:
    if habits.learned >= FEW:
        found["round_amount_ratio"] = habits.whole / habits.learned
    if habits.priced >= FEW:
        found["large_transaction_ratio"] = habits.large / habits.priced
    if habits.typed >= FEW:
        found["refund_ratio"] = habits.refunds / habits.typed
    if habits.purchases >= FEW:
        found["return_rate"] = min(1.0, habits.refunds / habits.purchases)
    if habits.coded >= FEW:
        found["charity_donation_ratio"] = habits.donations / habits.coded


def _chargebacks(habits: Habits, now: float, found: dict[str, Value]) -> None:
    """Of who had any; of others nobody can say that nothing will come in."""
    year = [1 for known_at in habits.charged_back_at if now - YEAR_SECONDS < known_at <= now]
    found["chargebacks_last_year"] = float(len(year))
    settled = habits.learned + habits.charged_back
    if settled >= FEW:
        found["chargeback_ratio"] = habits.charged_back / settled


def _takeovers(days: Sequence[int]) -> float:
    """Days with less than a week between them belong to one takeover; `days` ascend."""
    return float(1 + sum(later - day >= A_TAKEOVER_DAYS for day, later in pairwise(days)))


def _now(habits: Habits, asked: Asked, found: dict[str, Value]) -> Now:
    values = asked.values
    return Now(
        None if asked.rate is None else asked.amount / asked.rate,
        _rhythm(habits, asked, found),
        _device(habits, asked, found),
        _is_new(values.get("transaction_channel"), habits.channels, LONGEST_CHANNEL),
        _is_new(
            values.get("ip_country") or values.get("country"), habits.countries, LONGEST_COUNTRY
        ),
        _network(habits, values, found),
        _category(habits, values, found),
    )


def _rhythm(habits: Habits, asked: Asked, found: dict[str, Value]) -> Rhythm | None:
    moment, offset = asked.occurred_at, asked.offset_minutes
    if offset is None or habits.timed < ENOUGH:
        return None
    hours, weekdays = habits.hours_and_weekdays()
    rhythm = Rhythm(
        hours,
        weekdays,
        sum(weekdays),
        int(times.local_hour(moment, offset)),
        int(times.local_weekday(moment, offset)),
    )
    found["unusual_time_of_day"] = is_unusual_hour(rhythm)
    found["unusual_day_of_week"] = is_unusual_weekday(rhythm)
    return rhythm


def _device(habits: Habits, asked: Asked, found: dict[str, Value]) -> bool | None:
    """Whether the device is new; of the very first device, nobody can say."""
    devices = habits.devices
    if not devices.given:
        return None
    found["device_changes_count"] = _begun_lately(devices, asked.occurred_at)
    if not asked.device_given:
        return None
    new = asked.device not in devices
    found["device_is_new"] = new
    return new


def _network(habits: Habits, values: Mapping[str, Value], found: dict[str, Value]) -> bool | None:
    networks = habits.networks
    last = networks.newest
    if last is None:
        return None
    found["last_asn_number"] = float(last)
    number = values.get("asn_number")
    return int(number) not in networks if isinstance(number, float) else None


def _category(habits: Habits, values: Mapping[str, Value], found: dict[str, Value]) -> bool | None:
    """Whether the category is new; a name too long to be kept is neither new nor known."""
    here = values.get("current_merchant_category") or values.get("merchant_category_code")
    if isinstance(here, str) and not fits(here, LONGEST_CATEGORY):
        return None
    categories = habits.categories
    given = categories.given
    if given >= SOME_PURCHASES and categories.met - 1 <= SETTLED * given:
        found["usual_merchant_categories"] = tuple(sorted(categories.members))
    return _is_new(here, categories, LONGEST_CATEGORY)


def _is_new(here: Value | None, words: Words, longest: int) -> bool | None:
    if not here or not isinstance(here, str) or not fits(here, longest) or not words.given:
        return None
    return here not in words.members


def _payees(habits: Habits, asked: Asked, found: dict[str, Value]) -> None:
    if asked.merchant:
        new = _payee_is_new(asked.merchant, habits.merchants, MOST_MERCHANTS)
        if new is not None:
            found["merchant_is_new"] = new
    if asked.beneficiary:
        new = _payee_is_new(asked.beneficiary, habits.beneficiaries, MOST_BENEFICIARIES)
        if new is not None:
            found["beneficiary_is_new"] = new


def _payee_is_new(digests: Sequence[bytes], payees: Things, most: int) -> bool | None:
    """None when it may be one of those that were forgotten."""
    for digest in digests:
        if key_of(digest) in payees:
            return False
    return True if payees.met <= most else None


def _journey(habits: Habits, asked: Asked, found: dict[str, Value]) -> None:
    """Where the customer was last, if found in the same way as now, and how often that changed."""
    place = habits.place
    if place is None:
        return
    found["location_changes_count"] = _begun_lately(habits.cells, asked.occurred_at)
    values = asked.values
    latitude, longitude, at, by_address = place
    if at > asked.occurred_at or by_address == ("latitude" in values):
        return
    if PLACES_OF_ITS_OWN.isdisjoint(values):
        found["last_latitude"] = latitude
        found["last_longitude"] = longitude
        found["last_location_at"] = at


def _begun_lately(things: Things, now: float) -> float:
    """How many the customer began to use within 30 days, not counting the very first."""
    return float(things.begun_within(now - LATELY_SECONDS, now))
