"""Who does what when, in the synthetic workbench. Pure: the same seed gives the same plan."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

DAYS: Final = 90
OPEN_SHARE: Final = 0.4
_OPEN_DAYS: Final = 3.0
_PER_CUSTOMER: Final = 10
_BUSY_SHARE: Final = 0.1
"""One customer, the last, makes so many of all transactions: a shop's till, a payroll."""
_CARRIERS: Final = 40  # addresses that thousands share
MERGED_APART: Final = 10
_RING: Final = 3  # of ten customers, the one who shares a device


@dataclass(frozen=True, slots=True)
class Volume:
    """How much there shall be. Alerts are spread evenly over the cases."""

    transactions: int
    alerts: int
    cases: int
    end: datetime
    seed: int = 7

    @property
    def customers(self) -> int:
        return max(self.transactions // _PER_CUSTOMER, self.cases, 2)

    @property
    def open_cases(self) -> int:
        return int(self.cases * OPEN_SHARE)

    def problem(self) -> str:
        """Why it cannot be; empty when it can."""
        if not 0 < self.cases <= self.alerts <= self.transactions:
            return "There must be a case, an alert for each, and a transaction for each alert."
        return ""


class Happening(NamedTuple):
    """One transaction; `case` is -1 for those that are not flagged."""

    at: datetime
    customer: int
    case: int
    chance: float  # between 0 and 1: which of its customer's things took part


def customer_of(case: int, volume: Volume) -> int:
    """Open cases come first, one a customer; the closed ones begin with the same customers."""
    place = case if case < volume.open_cases else case - volume.open_cases
    return place % volume.customers


def is_open(case: int, volume: Volume) -> bool:
    return case < volume.open_cases


def merged_into(case: int, volume: Volume) -> int | None:
    """The open case that somebody merged this open one into: of two customers with one device."""
    found = is_open(case, volume) and case % 50 == _RING + MERGED_APART
    return case - MERGED_APART if found else None


def happenings(volume: Volume) -> list[Happening]:
    """All transactions in the order of time."""
    chance = random.Random(volume.seed)  # noqa: S311  guards nothing
    found = [*_flagged(volume, chance)]
    busy = volume.customers - 1
    span = timedelta(days=DAYS)
    for _ in range(volume.transactions - volume.alerts):
        customer = busy if chance.random() < _BUSY_SHARE else chance.randrange(volume.customers)
        at = volume.end - span * chance.random()
        found.append(Happening(at, customer, -1, chance.random()))
    return sorted(found)


def _flagged(volume: Volume, chance: random.Random) -> Iterator[Happening]:
    """The alerts of each case within some hours, of open cases in the last days."""
    starts: list[datetime] = []
    for case in range(volume.cases):
        days = _OPEN_DAYS if is_open(case, volume) else chance.uniform(_OPEN_DAYS + 1, DAYS)
        back = days * chance.random() if is_open(case, volume) else days
        starts.append(volume.end - timedelta(days=back))
    for number in range(volume.alerts):
        case = number % volume.cases
        later = timedelta(minutes=chance.expovariate(1 / 90)) if number >= volume.cases else None
        at = min(starts[case] + (later or timedelta()), volume.end)
        yield Happening(at, customer_of(case, volume), case, chance.random())


class Things(NamedTuple):
    """Numbers of what a customer has: equal numbers are the same thing."""

    devices: tuple[int, ...]
    cards: tuple[int, ...]
    email: int
    phone: int
    home: int  # IP address
    payees: tuple[int, ...]


def things_of(customer: int, customers: int) -> Things:
    """Own ones, but for rings: of fifty neighbours five share a device, of forty two a card or
    telephone, and some pay the same payee."""
    own = customers + customer * 4
    ring = customer // 50
    devices: tuple[int, ...] = (ring,) if customer % 10 == _RING else (own,)
    if customer % 5 == 0:
        devices = (*devices, own + 1)
    cards = (customer // 40,) if customer % 20 == 7 else (own, own + 1)
    email = customer // 100 if customer % 50 == 9 else own
    phone = customer // 40 if customer % 20 == 11 else own
    payees: tuple[int, ...] = (own, own + 1, own + 2)
    if customer % 7 == 3:
        payees = (ring, *payees)
    return Things(devices, cards, email, phone, own, payees)


def address_of(things: Things, chance: float) -> str:
    """Half of the time a carrier's, which very many share."""
    if chance < 0.5:
        number = int(chance * 2 * _CARRIERS)
        return f"102.89.0.{number}"
    number = things.home
    return f"10{number >> 21 & 7}.{number >> 14 & 127}.{number >> 7 & 127}.{number & 127}"
