"""Those who are paid: merchants, sellers, agents, billers, and the accounts of other people."""

from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from intake.synthetic.places import COUNTRIES
from intake.synthetic.randomness import Weighted, bounded, chance, lognormal, serial
from intake.synthetic.settings import DAY, Settings


class Trade(NamedTuple):
    """A merchant category: its code, a typical purchase in USD at Western prices, and its form."""

    code: str
    median: float
    sigma: float
    form: str
    online: float  # share of its merchants that sell over the internet alone
    weight: float


TRADES: Final = {
    "grocery": Trade("5411", 24, 0.7, "bill", 0.05, 26),
    "restaurant": Trade("5812", 21, 0.6, "price", 0.0, 13),
    "fast_food": Trade("5814", 9, 0.45, "price", 0.1, 11),
    "fuel": Trade("5541", 34, 0.5, "bill", 0.0, 8),
    "pharmacy": Trade("5912", 15, 0.7, "bill", 0.1, 6),
    "clothing": Trade("5651", 45, 0.7, "price", 0.5, 7),
    "electronics": Trade("5732", 160, 0.9, "price", 0.6, 4),
    "department": Trade("5311", 38, 0.8, "price", 0.4, 6),
    "books": Trade("5942", 17, 0.5, "price", 0.6, 2),
    "home": Trade("5200", 55, 0.8, "price", 0.4, 3),
    "beauty": Trade("5977", 25, 0.6, "price", 0.4, 3),
    "taxi": Trade("4121", 9, 0.6, "bill", 1.0, 6),
    "airline": Trade("4511", 190, 0.7, "bill", 0.9, 1),
    "hotel": Trade("7011", 110, 0.6, "price", 0.4, 1.2),
    "apps": Trade("5817", 6, 0.8, "price", 1.0, 3),
    "games": Trade("5816", 9, 0.9, "price", 1.0, 2),
    "gift_cards": Trade("5947", 40, 0.6, "round", 0.7, 1.2),
    "jewellery": Trade("5944", 180, 0.9, "price", 0.3, 0.6),
    "charity": Trade("8398", 20, 0.9, "round", 0.8, 0.8),
    "gambling": Trade("7995", 14, 0.9, "round", 0.9, 0.6),
    "telecom": Trade("4814", 8, 0.7, "round", 0.8, 5),
    "utility": Trade("4900", 42, 0.5, "bill", 0.8, 4),
    "streaming": Trade("4899", 11, 0.25, "price", 1.0, 2.5),
    "school": Trade("8220", 300, 0.8, "round", 0.4, 0.7),
    "insurance": Trade("6300", 60, 0.5, "bill", 0.7, 1.5),
}
BILLS: Final = ("telecom", "utility", "streaming", "school", "insurance")
FENCED: Final = ("electronics", "gift_cards", "jewellery", "clothing", "airline")  # easily resold
_SHOPPING: Final = Weighted(
    {name: trade.weight for name, trade in TRADES.items() if name not in BILLS}
)
_ONLINE: Final = Weighted(
    {name: trade.weight * trade.online for name, trade in TRADES.items() if name not in BILLS}
)
_GOODS: Final = Weighted(
    {
        "clothing": 22, "electronics": 18, "home": 14, "books": 10, "beauty": 12, "department": 12,
        "grocery": 6, "pharmacy": 4, "gift_cards": 2, "jewellery": 2.5, "games": 4,
    }
)  # fmt: skip
_BILLING: Final = Weighted({name: TRADES[name].weight for name in BILLS})


@dataclass(frozen=True, slots=True)
class Merchant:
    id: str
    category: str
    country: str
    terminal: str
    level: float  # its prices against others of its category


@dataclass(frozen=True, slots=True)
class Seller:
    id: str
    opened: float
    category: str
    country: str
    level: float


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """An account that money goes to, and since when there is one (epoch seconds)."""

    id: str
    opened: float


class Economy:
    """Everybody who can be paid in a world; a bigger world has more of them."""

    def __init__(self, rng: Random, settings: Settings, people: int) -> None:
        self._seed, self._start, self._made = settings.seed, settings.start, 0
        self.end = settings.end
        shops = max(60, people // 8)
        self.shops = {code: self._merchants(rng, code, _SHOPPING, shops, 0.0) for code in COUNTRIES}
        self.webshops = {
            code: self._merchants(rng, code, _ONLINE, max(50, shops // 2), 0.12)
            for code in COUNTRIES
        }
        self._stores = {
            code: self._merchants(rng, code, _GOODS, max(50, shops // 2), 0.05)
            for code in COUNTRIES
        }
        self.billers = {code: self._merchants(rng, code, _BILLING, 24, 0.0) for code in COUNTRIES}
        self.sellers = {code: self._sellers(rng, code, max(40, shops)) for code in COUNTRIES}
        self.agents = {
            code: Weighted(
                (serial("A", self._seed, 1000 * i + j, 6), lognormal(rng, 1.0, 0.8))
                for j in range(max(25, people // 25))
            )
            for i, code in enumerate(COUNTRIES)
        }
        self._well_known = {
            code: [self.beneficiary(rng, self._start) for _ in range(30)] for code in COUNTRIES
        }

    def _merchants(
        self, rng: Random, code: str, categories: Weighted[str], count: int, foreign: float
    ) -> Weighted[Merchant]:
        """Some known to everybody, most to few: their weights follow a power law."""
        return Weighted(
            (self._merchant(rng, code, categories.pick(rng), foreign), 1.0 / (place + 3) ** 0.8)
            for place in range(count)
        )

    def _merchant(self, rng: Random, code: str, category: str, foreign: float) -> Merchant:
        country = rng.choice(("GB", "US", "DE")) if chance(rng, foreign) else code
        self._made += 1
        return Merchant(
            serial("M", self._seed, self._made, 6),
            category,
            country,
            serial("T", self._seed, self._made, 8),
            lognormal(rng, 1.0, 0.25),
        )

    def _sellers(self, rng: Random, code: str, count: int) -> Weighted[Seller]:
        return Weighted(
            (self.seller(rng, code), 1.0 / (place + 2) ** 0.9) for place in range(count)
        )

    def seller(self, rng: Random, code: str, age_days: float | None = None) -> Seller:
        self._made += 1
        days = min(7000.0, lognormal(rng, 420, 1.0)) if age_days is None else age_days
        return Seller(
            serial("S", self._seed, self._made, 7),
            self._start - days * DAY,
            _GOODS.pick(rng),
            code,
            lognormal(rng, 1.0, 0.3),
        )

    def websites(self, line: str, code: str) -> Weighted[Merchant]:
        """Where one buys on the net: goods alone where the client is a shop itself."""
        return (self._stores if line == "ecommerce" else self.webshops)[code]

    def beneficiary(self, rng: Random, at: float, age_days: float | None = None) -> Beneficiary:
        """Somebody's account as it is found at a time; `age_days` when it is not as old as most."""
        self._made += 1
        days = min(9000.0, 1 + lognormal(rng, 800, 1.2)) if age_days is None else age_days
        return Beneficiary(serial("B", self._seed, self._made, 9), at - days * DAY)

    def payee(self, rng: Random, code: str, at: float) -> Beneficiary:
        """A landlord, a school or a friend: some are known to many, most to one."""
        if chance(rng, 0.12):
            return rng.choice(self._well_known[code])
        return self.beneficiary(rng, at)


def price(rng: Random, category: str, level: float, income: float) -> float:
    """What a purchase costs in USD. `income` is the country's against a Western one's."""
    trade = TRADES[category]
    return bounded(rng, 1.0, 0.05, 0.8, 1.2) * lognormal(
        rng, trade.median * level * income**0.6, trade.sigma
    )
