"""Where a fraud is acted out: its victims, its crews with their tools, and its hour."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from intake.synthetic import devices
from intake.synthetic.acts import Act, Session, Strain, act
from intake.synthetic.clock import Zone, local_hour, moment
from intake.synthetic.devices import Device
from intake.synthetic.network import Address, Internet
from intake.synthetic.people import Customer, Payee, Population
from intake.synthetic.places import COUNTRIES, City, Country
from intake.synthetic.randomness import Weighted, chance, lognormal
from intake.synthetic.settings import DAY, HOUR, MINUTE, Settings
from intake.synthetic.trade import Beneficiary, Economy, Merchant
from intake.synthetic.verticals import REMOTE, VERTICALS, Activity

_LINES: Final = Weighted(
    {"relay": 30.0, "mobile": 24.0, "vpn": 20.0, "home": 14.0, "host": 8.0, "tor": 4.0}
)
_MOST_REPEATS: Final = 400  # tries to find a victim who fits


class Plot(NamedTuple):
    """What a fraud consists of: its fraudulent acts, and honest-looking ones that prepare it."""

    fraud: list[Act]
    cover: list[Act]


@dataclass(slots=True)
class Crew:
    """People who live off fraud: a few devices, lines and mules that they use again and again."""

    rng: Random
    city: City
    devices: list[Device]
    lines: list[Address]
    mules: list[Beneficiary] = field(default_factory=list)


class Stage:
    def __init__(
        self, settings: Settings, internet: Internet, economy: Economy, population: Population
    ) -> None:
        self.settings, self.internet = settings, internet
        self.economy, self.population = economy, population
        self.honest: dict[str, list[Customer]] = {}
        self.newcomers: list[Customer] = []

    # --- People -------------------------------------------------------------------------------
    def victim(
        self, rng: Random, line: str, fits: Callable[[Customer], bool] = lambda customer: True
    ) -> Customer:
        """Any customer of the vertical who was there before the fraud."""
        people = self.honest[line]
        for _ in range(_MOST_REPEATS):
            found = rng.choice(people)
            if found.opened < self.settings.start and fits(found):
                return found
        return self.newcomer(line, rng, age_days=lognormal(rng, 300, 0.8))

    def newcomer(
        self,
        line: str,
        rng: Random,
        *,
        age_days: float,
        at: float | None = None,
        country: str | None = None,
    ) -> Customer:
        """An account that the fraud needs, made like any other customer's: `age_days` old at `at`
        or when the world begins."""
        opened = (self.settings.start if at is None else at) - age_days * DAY
        made = self.population.stranger(line, country, opened)
        self.newcomers.append(made)
        return made

    def land(self, rng: Random, line: str) -> Country:
        """One in which the vertical's clients do business."""
        return COUNTRIES[VERTICALS[line].countries.pick(rng)]

    def crew(self, rng: Random) -> Crew:
        country = COUNTRIES[rng.choice(("NG", "NG", "GB", "US", "DE", "KE", "GH"))]
        city = country.cities.pick(rng)
        language = f"en-{country.code}"
        tools = [devices.phone(rng, language, emulated=0.06) for _ in range(rng.randrange(2, 5))]
        tools += [devices.computer(rng, language) for _ in range(rng.randrange(1, 3))]
        lines = [self._line(rng, country.code) for _ in range(rng.randrange(2, 6))]
        return Crew(rng, city, tools, lines)

    def mule(self, rng: Random, crew: Crew, at: float) -> Payee:
        """An account of the crew's: often a young one; half of them were used before."""
        if not crew.mules or chance(rng, 0.5):
            age = lognormal(rng, 60, 1.0) if chance(rng, 0.6) else None
            crew.mules.append(self.economy.beneficiary(rng, at, age))
        return Payee(rng.choice(crew.mules[-4:]), at - rng.uniform(1, 25) * MINUTE)

    # --- Tools --------------------------------------------------------------------------------
    def _line(self, rng: Random, country: str) -> Address:
        kind = _LINES.pick(rng)
        if kind in {"relay", "mobile", "home"}:
            make = {"relay": self.internet.relay, "mobile": self.internet.mobile}
            return make.get(kind, self.internet.home)(rng, country)
        return {"vpn": self.internet.vpn, "host": self.internet.host, "tor": self.internet.tor}[
            kind
        ](rng)

    def session(
        self,
        rng: Random,
        crew: Crew,
        customer: Customer,
        *,
        human: float = 0.9,
        phone: bool | None = None,
    ) -> Session:
        """The crew at work on somebody's account: a line near the victim, or their own. Telephones
        and computers are used as often as by anybody, or the device would tell."""
        phone = chance(rng, 0.7) if phone is None else phone
        tools = [device for device in crew.devices if (device.model.kind == "mobile") is phone]
        language = customer.phone_device.language
        fresh = (
            devices.phone(rng, language, emulated=0.06)
            if phone
            else devices.computer(rng, language)
        )
        device = rng.choice(tools) if tools and chance(rng, 0.55) else fresh
        city, address = customer.city, self._line(rng, customer.country.code)
        if chance(rng, 0.35):  # they do not take the trouble, or only half of it
            city, address = crew.city if chance(rng, 0.7) else city, rng.choice(crew.lines)
        return Session(
            device,
            address,
            city,
            round(city.latitude + rng.gauss(0, 0.05), 5),
            round(city.longitude + rng.gauss(0, 0.05), 5),
            human,
        )

    # --- Time ---------------------------------------------------------------------------------
    def begin(self, rng: Random, zone: Zone, rhythm: str, lasts_days: float) -> float:
        """When a fraud begins. It may still be going on when a short world ends."""
        room = self.settings.days - 1 - min(lasts_days, 0.35 * self.settings.days)
        day = int((self.settings.start + (1 + rng.random() * room) * DAY) // DAY)
        return moment(rng, day, zone, rhythm)

    def awake(self, rng: Random, at: float, zone: Zone) -> float:
        """The same time, or after breakfast where it is the middle of the night."""
        hour = local_hour(at, zone)
        return at + (7 - hour + 3 * rng.random()) * HOUR if hour < 7 else at

    def shop(self, rng: Random, buyer: Customer, categories: tuple[str, ...]) -> Merchant:
        """One that sells what the crew wants, on the net."""
        shops = self.economy.websites(buyer.vertical.name, buyer.country.code)
        for _ in range(60):
            found = shops.pick(rng)
            if found.category in categories:
                return found
        return shops.pick(rng)


def sending(line: str) -> str:
    """What the vertical calls a payment to somebody."""
    return "send" if line in {"remittance", "crypto"} else "transfer"


def typical(customer: Customer, name: str) -> float:
    """A middling amount of the customer's for a kind of act, in USD."""
    activity = customer.vertical.activities[name]
    median = activity.median or 30.0
    return float(median * (customer.wealth * customer.standard) ** 0.85)


def forced(
    customer: Customer,
    name: str,
    at: float,
    rng: Random,
    *,
    usd: float,
    session: Session | None,
    channel: str = "",
    strain: Strain | None = None,
) -> Act:
    """An act by somebody else in the customer's name, from another device."""
    made = act(customer, name, at, rng, usd=usd, channel=channel)
    if session is not None and made.channel in REMOTE:
        made.session = session
        made.channel = _channel(session.device, made.activity)
    made.strain = strain
    return made


def _channel(device: Device, activity: Activity) -> str:
    """On a telephone it is the app or the browser, always the same one; on a computer the page."""
    ways = activity.channels.items
    in_app = device.model.kind == "mobile" and int(device.id[-1], 16) < 10
    return "app" if "web" not in ways or (in_app and "app" in ways) else "web"
