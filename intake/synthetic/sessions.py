"""How people act when nobody else does it for them: their own device, line and place."""

from random import Random
from typing import Final

from intake.synthetic.acts import CALM, Act, Session, Strain
from intake.synthetic.network import Address, Internet
from intake.synthetic.people import Customer
from intake.synthetic.places import City
from intake.synthetic.randomness import chance
from intake.synthetic.settings import DAY, HOUR

_STAYS: Final = 1.5 * HOUR  # people stay for so long where they were last seen
_SAME_LINE: Final = 0.6 * HOUR


def own_session(internet: Internet, act: Act) -> Session:
    """The customer's own device, through the line that the hour and the place suggest."""
    customer = act.customer
    city = customer.city_at(act.at)
    latitude, longitude = _spot(customer, city, act.at)
    at_desk = act.channel == "web" and (not customer.smartphone or customer.taste * 7 % 1 > 0.45)
    device = customer.computer if at_desk else customer.phone_device
    return Session(device, _line(internet, customer, city, act.at), city, latitude, longitude)


def _line(internet: Internet, customer: Customer, city: City, at: float) -> Address:
    rng = customer.rng
    if customer.line is not None and at - customer.line[1] < _SAME_LINE and chance(rng, 0.9):
        address = customer.line[0]
    elif customer.uses_vpn and chance(rng, 0.5):
        address = internet.vpn(rng)
    elif city is not customer.city:
        away = internet.cafe(rng, city.country), internet.mobile(rng, city.country)
        address = away[chance(rng, 0.6)]
    else:
        address = _usual_line(internet, customer)
    customer.line = (address, at)
    return address


def _usual_line(internet: Internet, customer: Customer) -> Address:
    rng, drawn = customer.rng, customer.rng.random()
    if drawn < (0.45 if customer.country.income < 1000 else 0.62):
        return customer.home
    if drawn < 0.96:
        return internet.mobile(rng, customer.country.code, customer.carrier)
    return internet.cafe(rng, customer.country.code)


def _spot(customer: Customer, city: City, at: float) -> tuple[float, float]:
    """Where the telephone is, within metres."""
    rng, spot = customer.rng, customer.spot
    here = spot is not None and abs(spot[0] - city.latitude) + abs(spot[1] - city.longitude) < 1
    if spot is None or not here or at - spot[2] > _STAYS:
        spot = (*_somewhere(rng, customer, city), at)
    customer.spot = (spot[0], spot[1], at)
    return round(spot[0] + rng.gauss(0, 1e-4), 5), round(spot[1] + rng.gauss(0, 1e-4), 5)


def _somewhere(rng: Random, customer: Customer, city: City) -> tuple[float, float]:
    if city is customer.city and chance(rng, 0.55):
        return customer.latitude, customer.longitude
    return city.latitude + rng.gauss(0, 0.06), city.longitude + rng.gauss(0, 0.06)


def own_strain(customer: Customer, at: float) -> Strain:
    """Wrong passwords now and then, more of them just before a new one was set."""
    rng = customer.rng
    if at - customer.changes.password < DAY and chance(rng, 0.5):
        return Strain(failed_logins=_misses(rng, 0.6))
    drawn = rng.random()
    if drawn > 0.985:
        return Strain(on_the_phone=True)
    if drawn > 0.06:
        return Strain(remote_control=True) if drawn < 0.0605 else CALM
    return Strain(failed_logins=_misses(rng, 0.25))


def _misses(rng: Random, again: float) -> int:
    """One wrong password, and another as long as the next is wrong as well."""
    misses = 1
    while misses < 10 and chance(rng, again):
        misses += 1
    return misses
