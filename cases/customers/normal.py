"""What is normal for a customer, with one transaction marked in it. Pure: habits in, a picture out.

The profile is the present one: it has learned from ordinary transactions only, so a flagged one is
not in it unless somebody called it genuine since.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cases.customers.places import Whereabouts, compare
from features.framework import Value
from foundation.money import format_money
from scoring.profiles.habits import HOURS, Habits
from scoring.profiles.known import Things, Words
from scoring.profiles.surprise import ENOUGH, amount_tail

FEW: Final = 3
"""With fewer ordinary transactions nothing is called usual."""
RARE: Final = 0.01
"""A share below which an amount or an hour is called unusual."""

WIDTH: Final = 200.0
HEIGHT: Final = 26.0
_MARGIN: Final = 5.0
_EIGHT_OF_TEN: Final = 1.2816  # standard deviations either side of the middle, normal distribution
_LEAST_SPREAD: Final = 0.05
_EVEN_HOURS: Final = 6.0  # weight of even odds, as in scoring.profiles.surprise


@dataclass(frozen=True, slots=True)
class Transacted:
    """What is compared with the customer's habits."""

    amount: float  # in the institution's currency; 0 when there was no rate
    currency: str  # of the institution
    device: int | None
    values: Mapping[str, Value]  # the decision's vector


@dataclass(frozen=True, slots=True)
class AmountPicture:
    """Places in 0..WIDTH, by the logarithm of the amount."""

    band_x: float
    band_width: float
    middle: float
    mark: float


@dataclass(frozen=True, slots=True)
class HourBar:
    hour: int
    x: float
    y: float
    width: float
    height: float
    marked: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the customer's behaviour. `unusual` is None where nobody can tell."""

    name: str
    usual: str
    now: str
    unusual: bool | None = None
    amount: AmountPicture | None = None
    hours: Sequence[HourBar] = ()


def sides(habits: Habits, transacted: Transacted) -> list[Side]:
    """Amount, hour, country, place, device, channel, kind of shop and payee, where there is
    something to compare. Empty for a customer of whom nothing is known yet."""
    if habits.learned < 1:
        return []
    values = transacted.values
    found = [
        _amount(habits, transacted),
        _hour(habits, _number(values.get("hour"))),
        _words("Country", habits.countries, _text(values, "ip_country", "country")),
        _place(habits, values),
        _device(habits.devices, transacted.device),
        _words("Channel", habits.channels, _text(values, "transaction_channel")),
        _words(
            "Kind of shop",
            habits.categories,
            _text(values, "current_merchant_category", "merchant_category_code"),
        ),
        _payee(habits.beneficiaries, values.get("beneficiary_is_new")),
    ]
    return [side for side in found if side is not None]


def _amount(habits: Habits, transacted: Transacted) -> Side | None:
    currency, amount = transacted.currency, transacted.amount
    if habits.counted < FEW or habits.log_weight <= 0 or amount <= 0:
        return None
    spread = _spread(habits)
    return Side(
        "Amount",
        usual_amounts(habits, currency),
        _money(amount, currency),
        amount_tail(habits, amount) < RARE if habits.counted >= ENOUGH else None,
        amount=_amount_picture(habits.log_mean, spread, math.log1p(amount)),
    )


def _spread(habits: Habits) -> float:
    """Standard deviation of ln(1 + amount)."""
    return max(math.sqrt(max(habits.log_squares, 0.0) / habits.log_weight), _LEAST_SPREAD)


def usual_amounts(habits: Habits, currency: str) -> str:
    """Between which amounts eight of ten lie, and the largest. There must have been some."""
    low, high = (
        math.expm1(habits.log_mean + sign * _EIGHT_OF_TEN * _spread(habits)) for sign in (-1.0, 1.0)
    )
    high = min(high, habits.largest)  # the spread is that of a curve, which may reach beyond
    usual = f"{_money(low, currency)} to {_money(high, currency)}, at most "
    return usual + _money(habits.largest, currency)


def _money(amount: float, currency: str) -> str:
    """Without decimals where they would say nothing."""
    if amount >= 100:
        return f"{currency} {amount:,.0f}"
    return format_money(max(amount, 0.0), currency)


def _amount_picture(middle: float, spread: float, now: float) -> AmountPicture:
    low = min(middle - 3 * spread, now)
    high = max(middle + 3 * spread, now)

    def place(log: float) -> float:
        return round(_MARGIN + (WIDTH - 2 * _MARGIN) * (log - low) / (high - low), 1)

    left = place(middle - _EIGHT_OF_TEN * spread)
    right = place(middle + _EIGHT_OF_TEN * spread)
    return AmountPicture(left, round(right - left, 1), place(middle), place(now))


def _hour(habits: Habits, hour: float | None) -> Side | None:
    weights, _ = habits.hours_and_weekdays()
    total = sum(weights)
    if habits.timed < FEW or total <= 0:
        return None
    at = None if hour is None else int(hour) % HOURS
    now, unusual = "not known", None
    if at is not None:
        now = f"{at:02}:00 to {(at + 1) % HOURS:02}:00, {weights[at] / total:.0%} of the others"
        if habits.timed >= ENOUGH:
            share = (weights[at] + _EVEN_HOURS / HOURS) / (total + _EVEN_HOURS)
            unusual = share < RARE
    return Side("Hour", busiest_hours(weights), now, unusual, hours=_bars(weights, at))


def busiest_hours(weights: Sequence[float]) -> str:
    """The eight hours in a row, around midnight if need be, with the most transactions."""
    doubled = [*weights, *weights]
    start = max(range(HOURS), key=lambda first: sum(doubled[first : first + 8]))
    share = sum(doubled[start : start + 8]) / sum(weights)
    return f"{share:.0%} from {start:02}:00 to {(start + 8) % HOURS:02}:00"


def _bars(weights: Sequence[float], marked: int | None) -> list[HourBar]:
    step, most = WIDTH / HOURS, max(weights)
    bars = []
    for hour, weight in enumerate(weights):
        height = round(max((HEIGHT - 2) * weight / most, 1.0), 1)
        y = round(HEIGHT - height, 1)
        bars.append(HourBar(hour, round(hour * step + 1, 1), y, step - 2, height, hour == marked))
    return bars


def _words(name: str, known: Words, here: str) -> Side | None:
    if not known.members:
        return None
    newest = sorted(known.members, key=lambda word: -known.members[word])
    usual = ", ".join(newest[:4])
    if len(newest) > 4:
        usual += f" and {len(newest) - 4} more"
    if not here:
        return Side(name, usual, "not told")
    new = here not in known.members
    return Side(name, usual, f"{here}, new" if new else here, new)


def _place(habits: Habits, values: Mapping[str, Value]) -> Side | None:
    """The area by the coordinates, named by the address where they are the address's."""
    at = [_number(values.get(name)) for name in ("latitude", "longitude", "ip_latitude")]
    network = _number(values.get("asn_number"))
    city = _text(values, "ip_city") if at[0] is not None and at[0] == at[2] else ""
    here = Whereabouts(at[0], at[1], None if network is None else int(network), city)
    found = compare(habits, here)
    return None if found is None else Side("Place", found.usual, found.now, found.unusual)


def _device(devices: Things, here: int | None) -> Side | None:
    number = len(devices.sightings())
    if not number:
        return None
    usual = f"{number} known"
    if here is None:
        return Side("Device", usual, "not told")
    return Side("Device", usual, "known" if here in devices else "new", here not in devices)


def _payee(payees: Things, new: Any) -> Side | None:
    number = len(payees.sightings())
    if not number or not isinstance(new, bool):
        return None
    return Side("Payee", f"{number} known", "new" if new else "known", new)


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(values: Mapping[str, Value], *names: str) -> str:
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value:
            return value
    return ""
