"""Customers: who they are, what they own, and where they live. Fraudsters' own accounts are made
here as well, from the same shares, or the maker would give them away."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final, NamedTuple

from intake.synthetic import devices, names
from intake.synthetic.devices import Device
from intake.synthetic.network import Address, Internet
from intake.synthetic.places import COUNTRIES, City, Country
from intake.synthetic.randomness import Weighted, bounded, chance, lognormal, serial, stream
from intake.synthetic.settings import DAY, HOUR, Settings
from intake.synthetic.trade import Beneficiary, Economy, Merchant
from intake.synthetic.verticals import VERTICALS, Vertical

_FIRST_STRANGER: Final = 10_000_000  # more customers than a world has; ids tell nothing of it
_CARD_KINDS: Final = Weighted({"debit": 62.0, "credit": 30.0, "prepaid": 5.0, "virtual": 3.0})
_SMARTPHONES: Final = {
    "NG": 0.85,
    "KE": 0.6,
    "GH": 0.65,
    "UG": 0.5,
    "TZ": 0.5,
    "RW": 0.5,
    "ZM": 0.55,
}


class Card(NamedTuple):
    token: str
    bin: str
    issuer: str
    country: str
    kind: str
    last_four: str
    expiry: str
    added: float


@dataclass(slots=True)
class Payee:
    account: Beneficiary
    added: float


@dataclass(slots=True)
class Trip:
    city: City
    begin: float
    end: float


@dataclass(slots=True)
class Changes:
    """When what was last changed, in epoch seconds; moved on as the world goes on."""

    password: float
    phone: float
    email: float
    sim: float


@dataclass(slots=True)
class Customer:
    id: str
    rng: Random
    vertical: Vertical
    country: Country
    city: City
    latitude: float
    longitude: float
    opened: float
    email: str | None
    email_confirmed: bool
    phone: str | None
    phone_verified: bool
    identified: bool
    bvn: str
    address: str
    wealth: float  # times the country's income
    pace: float  # times the vertical's
    shift: int  # hours by which the day runs late
    business: bool
    shares_position: bool
    smartphone: bool
    phone_device: Device
    computer: Device
    home: Address
    carrier: int
    taste: float  # 0..1: which of several channels it mostly is
    uses_vpn: bool
    cards: list[Card]
    payees: list[Payee]
    shops: list[Merchant]
    webshops: list[Merchant]
    agent_ids: list[str]
    bank_account: str
    credit_score: int
    credit_used: float
    aml_score: int
    changes: Changes
    balance: float
    salary_day: int
    chargebacks: int  # known to the client, within a year
    trips: list[Trip] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)  # life events still to come
    purchases: int = 0
    returns: int = 0
    spot: tuple[float, float, float] | None = None  # latitude, longitude, since when
    line: tuple[Address, float] | None = None  # last used, and when
    added: dict[str, float] = field(default_factory=dict)  # accounts paid, and since when on file

    def city_at(self, at: float) -> City:
        for trip in self.trips:
            if trip.begin <= at < trip.end:
                return trip.city
        return self.city

    @property
    def income(self) -> float:
        """A month's, in USD."""
        return self.country.income * self.wealth

    @property
    def standard(self) -> float:
        """The country's prices against Western ones, 0..1 and above."""
        return self.country.income / 3000


class Population:
    """Makes customers; each from a stream of its own."""

    def __init__(self, settings: Settings, internet: Internet, economy: Economy) -> None:
        self._settings, self._internet, self._economy = settings, internet, economy
        self._homes: dict[str, list[Address]] = {}
        self.made = self._strangers = 0

    def customer(self, vertical: str) -> Customer:
        """The next honest one: the same person whatever happens in the world beside."""
        self.made += 1
        rng = stream(self._settings.seed, "customer", self.made)
        line = VERTICALS[vertical]
        land = COUNTRIES[line.countries.pick(rng)]
        return self._person(rng, self.made, line, land, self._opened(rng))

    def stranger(self, vertical: str, country: str | None, opened: float) -> Customer:
        """One whom a fraud needs, with an account of an age that suits it."""
        self._strangers += 1
        number = _FIRST_STRANGER + self._strangers
        rng = stream(self._settings.seed, "customer", number)
        line = VERTICALS[vertical]
        land = COUNTRIES[line.countries.pick(rng) if country is None else country]
        return self._person(rng, number, line, land, opened)

    def _opened(self, rng: Random) -> float:
        """Most accounts are years old, some are opened while the world runs."""
        if chance(rng, 0.07):
            return self._settings.start + rng.random() * self._settings.days * DAY
        return self._settings.start - min(6000.0, 2 + lognormal(rng, 600, 1.1)) * DAY

    def _person(
        self, rng: Random, number: int, line: Vertical, land: Country, opened: float
    ) -> Customer:
        city = land.cities.pick(rng)
        pool = names.pool(rng.choice(land.locales), self._settings.seed)
        first, last = rng.choice(pool.first), rng.choice(pool.last)
        with_email = chance(rng, 0.3 if line.name == "mobile_money" else 0.96)
        language = "en" if land.code not in {"DE", "FR"} else land.code.lower()
        phone = devices.phone(rng, f"{language}-{land.code}")
        begin = self._settings.start
        return Customer(
            id=serial("C", self._settings.seed, number),
            rng=rng,
            vertical=line,
            country=land,
            city=city,
            latitude=round(city.latitude + rng.gauss(0, 0.05), 5),
            longitude=round(city.longitude + rng.gauss(0, 0.05), 5),
            opened=opened,
            email=f"{names.mailbox(rng, first, last)}@{land.mail.pick(rng)}"
            if with_email
            else None,
            email_confirmed=chance(rng, 0.985),
            phone=_phone(rng, land) if chance(rng, 0.97) else None,
            phone_verified=chance(rng, 0.985),
            identified=chance(rng, 0.994),
            bvn=f"22{rng.randrange(10**9):09d}",
            address=f"{rng.choice(pool.streets)}, {city.name}",
            wealth=min(8.0, lognormal(rng, 1.0, 0.5)),
            pace=min(5.0, lognormal(rng, 0.8, 0.65)),
            shift=4 if chance(rng, 0.05) else rng.choice((-1, 0, 0, 0, 0, 1)),
            business=chance(rng, 0.05),
            shares_position=chance(rng, 0.8),
            smartphone=chance(rng, _SMARTPHONES.get(land.code, 0.97)),
            phone_device=phone,
            computer=devices.computer(rng, phone.language),
            home=self._home(rng, land.code),
            carrier=rng.randrange(12),
            taste=rng.random(),
            uses_vpn=chance(rng, 0.035),
            cards=[
                card(
                    rng,
                    issuing(rng, land),
                    opened + rng.random() ** 3 * max(HOUR, begin - opened),
                    self._settings.end,
                )
                for _ in range(1 + chance(rng, 0.3) + chance(rng, 0.08))
            ],
            payees=[
                Payee(
                    self._economy.payee(rng, land.code, begin),
                    opened + rng.random() * max(HOUR, begin - opened),
                )
                for _ in range(rng.randrange(2, 7))
            ],
            shops=[self._economy.shops[land.code].pick(rng) for _ in range(rng.randrange(3, 9))],
            webshops=[
                self._economy.websites(line.name, land.code).pick(rng)
                for _ in range(rng.randrange(2, 6))
            ],
            agent_ids=[
                self._economy.agents[land.code].pick(rng) for _ in range(rng.randrange(1, 4))
            ],
            bank_account=bank_account(rng),
            credit_score=round(bounded(rng, 640, 70, 320, 850)),
            credit_used=round(rng.betavariate(2, 5), 2),
            aml_score=round(100 * rng.betavariate(1.6, 9)),
            changes=Changes(
                password=_before(rng, opened, begin, 200),
                phone=_before(rng, opened, begin, 900),
                email=_before(rng, opened, begin, 1200),
                sim=begin - min(4000.0, lognormal(rng, 500, 1.0)) * DAY,
            ),
            balance=round(lognormal(rng, 25, 1.0) * land.per_usd, rng.choice((0, 2))),
            salary_day=rng.choice((25, 25, 26, 27, 28, 28, 30, 1)),
            chargebacks=int(chance(rng, 0.012)),
        )

    def _home(self, rng: Random, country: str) -> Address:
        """A third of the people share a household's line with earlier ones."""
        homes = self._homes.setdefault(country, [])
        if homes and chance(rng, 0.3):
            return rng.choice(homes[-40:])
        homes.append(self._internet.home(rng, country))
        return homes[-1]


def _before(rng: Random, opened: float, begin: float, median_days: float) -> float:
    """When something was changed last before the world began: at the earliest when the account was
    opened, which is the answer for most of what is never changed."""
    return max(opened, begin - lognormal(rng, median_days, 1.0) * DAY)


def issuing(rng: Random, land: Country) -> Country:
    """Where a card is from: those who moved, or work elsewhere, keep an old one."""
    return COUNTRIES[rng.choice(("GB", "US", "DE", "FR"))] if chance(rng, 0.03) else land


def bank_account(rng: Random) -> str:
    """The number of somebody's account at another bank."""
    return f"BA{rng.randrange(10**10):010d}"


def elsewhere(rng: Random, address: str) -> str:
    """Another house in a street of the same name."""
    return f"{rng.randrange(1, 140)} {address.split(' ', 1)[-1]}"


def _phone(rng: Random, land: Country) -> str:
    prefix = rng.choice(land.mobile)
    rest = "".join(rng.choice("0123456789") for _ in range(land.digits - len(prefix)))
    return f"{land.calling}{prefix}{rest}"


def card(rng: Random, land: Country, since: float, end: float) -> Card:
    """A card of one of the country's issuers, added to the account at `since`.

    It is good beyond the world's `end`; one in five hundred has run out unnoticed.
    """
    issuer, number = rng.choice(land.banks)
    token = "".join(rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(20))
    days = -40.0 if chance(rng, 0.002) else rng.uniform(5, 1600)
    good_until = datetime.fromtimestamp(end + days * DAY, UTC)
    return Card(
        f"tok_{token}",
        number,
        issuer,
        land.code,
        _CARD_KINDS.pick(rng),
        f"{rng.randrange(10_000):04d}",
        f"{good_until:%m/%Y}",
        since,
    )
