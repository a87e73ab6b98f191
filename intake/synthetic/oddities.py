"""What happens to honest people and looks odd: journeys, new telephones, forgotten passwords."""

from random import Random
from typing import Final

from intake.synthetic import devices
from intake.synthetic.people import Card, Customer, Trip, card
from intake.synthetic.places import ABROAD, COUNTRIES, City
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import DAY, HOUR, Settings

# Share of customers to whom it happens within 90 days.
NEW_PHONE: Final = "new phone"
NEW_SIM: Final = "new SIM"
NEW_PASSWORD: Final = "new password"  # noqa: S105  the name of an event
NEW_NUMBER: Final = "new number"
NEW_EMAIL: Final = "new e-mail"
NEW_COMPUTER: Final = "new computer"
NEW_CARD: Final = "new card"
_SHARES: Final = {
    NEW_PHONE: 0.09,
    NEW_SIM: 0.025,
    NEW_PASSWORD: 0.14,
    NEW_NUMBER: 0.012,
    NEW_EMAIL: 0.008,
    NEW_COMPUTER: 0.03,
    NEW_CARD: 0.08,
}


def happen_to(customer: Customer, settings: Settings) -> None:
    """Give the customer the journeys and the life events of the world's days."""
    rng, scale = customer.rng, settings.days / 90
    customer.trips = _trips(rng, customer, settings, scale)
    for event, share in _SHARES.items():
        if chance(rng, share * scale):
            at = settings.start + rng.random() * settings.days * DAY
            if at > customer.opened + DAY:
                customer.events.append((at, event))
                if event == NEW_PHONE and chance(rng, 0.3):
                    customer.events.append((at + 0.2 * HOUR, NEW_SIM))
                if event == NEW_PHONE and chance(rng, 0.3):
                    customer.events.append((at + 0.5 * HOUR, NEW_PASSWORD))
    customer.events.sort(reverse=True)  # the next one is the last, to be popped


def _trips(rng: Random, customer: Customer, settings: Settings, scale: float) -> list[Trip]:
    trips: list[Trip] = []
    while chance(rng, 0.14 * scale) and len(trips) < 2:
        begin = settings.start + rng.random() * settings.days * DAY
        end = begin + min(21.0, lognormal(rng, 4, 0.6)) * DAY
        if all(end < other.begin or begin > other.end for other in trips):
            trips.append(Trip(_destination(rng, customer), begin, end))
    return trips


def _destination(rng: Random, customer: Customer) -> City:
    """Mostly another city of the country; abroad every third time."""
    if chance(rng, 0.65):
        return customer.country.cities.pick(rng)
    if chance(rng, 0.5):
        return rng.choice(ABROAD)
    return rng.choice(list(COUNTRIES.values())).cities.pick(rng)


def schedule(customer: Customer, at: float, event: str) -> None:
    """Let an event of the above happen, whoever it was that brought it about."""
    customer.events.append((at, event))
    customer.events.sort(reverse=True)


def live(customer: Customer, at: float, end: float) -> None:
    """Let everything happen that was to happen up to `at`."""
    while customer.events and customer.events[-1][0] <= at:
        when, event = customer.events.pop()
        _apply(customer, event, when, end)


def _apply(customer: Customer, event: str, when: float, end: float) -> None:
    rng, changes = customer.rng, customer.changes
    if event == NEW_PHONE:
        customer.phone_device = devices.phone(rng, customer.phone_device.language)
    elif event == NEW_COMPUTER:
        customer.computer = devices.computer(rng, customer.computer.language)
    elif event == NEW_CARD:
        fresh: Card = card(rng, customer.country, when, end)
        customer.cards.insert(rng.randrange(2), fresh)
    elif event == NEW_SIM:
        changes.sim = when
    elif event == NEW_PASSWORD:
        changes.password = when
    elif event == NEW_NUMBER:
        changes.phone = when
    else:
        changes.email = when
