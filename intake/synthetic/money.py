"""Amounts as people and tills write them. Honest or not, every amount takes its form here."""

from random import Random
from typing import Final

from intake.synthetic.places import Country

_ENDINGS: Final = (99, 99, 99, 0, 0, 0, 50, 95, 49, 90)


def write(rng: Random, country: Country, usd: float, form: str) -> float:
    """`usd` in the country's currency, in one of four forms.

    price: as on a tag; bill: to the last cent; round: as people send and draw; fine: as a price, to
    the last cent, for things whose price moves.
    """
    value = usd * country.per_usd
    if form == "round":
        return _rounded(rng, value, country)
    if country.per_usd > 5:  # nobody has seen a coin there for years
        return _whole(rng, value, country, form)
    if form == "price" and rng.random() < 0.7:
        return max(0.5, int(value) + rng.choice(_ENDINGS) / 100)
    return max(0.5, round(value, 2))


def _rounded(rng: Random, value: float, country: Country) -> float:
    """Mostly two leading digits, as 2,500 or 40; some send the exact sum of a bill."""
    if rng.random() < 0.12:
        return max(1.0, round(value, 2 if country.per_usd < 5 else 0))
    step = 5 * 10 ** max(-1, len(str(int(value))) - 2)
    step = max(step if rng.random() < 0.7 else step / 5, _smallest(country))
    return float(max(round(value / step), 1) * step)


def _whole(rng: Random, value: float, country: Country, form: str) -> float:
    if form == "bill" and rng.random() < 0.35:
        return max(1.0, round(value, 2))
    step = _smallest(country) * (1 if form != "price" or rng.random() < 0.4 else 5)
    return float(max(round(value / step), 1) * step)


def _smallest(country: Country) -> float:
    """The smallest step in which sums are usually named."""
    if country.per_usd > 1000:
        return 50.0 if country.code in {"NG", "RW"} else 500.0
    return 10.0 if country.per_usd > 50 else 1.0
