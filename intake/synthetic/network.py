"""Internet addresses: homes, carriers' shared ones, cafés, VPNs, relays and data centres."""

from dataclasses import dataclass
from random import Random
from typing import Final

from intake.synthetic.places import COUNTRIES, HOSTING, ROAMING, TOR, VPNS, Network
from intake.synthetic.randomness import chance

HOME, MOBILE, CAFE, VPN, RELAY, TOR_EXIT, HOST = (
    "home", "mobile", "cafe", "vpn", "relay", "tor", "host",
)  # fmt: skip
# How likely the clients' provider sees what an address is.
_SEEN: Final = {VPN: 0.85, RELAY: 0.3, TOR_EXIT: 0.97, HOST: 0.9}
_REGARD: Final = {
    HOME: 86.0, MOBILE: 78.0, CAFE: 74.0, VPN: 55.0, RELAY: 68.0, TOR_EXIT: 20.0, HOST: 48.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """An address with what the clients' provider of such facts says of it; `kind` is the truth."""

    ip: str
    country: str
    provider: str
    kind: str
    regard: float  # 0..100, higher is better
    is_vpn: bool
    is_proxy: bool
    is_tor: bool
    is_host: bool


def _address(rng: Random, network: Network, country: str, kind: str) -> Address:
    ip = f"{rng.choice(network.blocks)}.{rng.randrange(1, 255)}.{rng.randrange(1, 255)}"
    return _judged(rng, ip, country, network.name, kind)


def _judged(rng: Random, ip: str, country: str, provider: str, kind: str) -> Address:
    """The provider is now and then wrong: rarely about honest lines, often about relays."""
    seen = chance(rng, _SEEN.get(kind, 0.0))
    return Address(
        ip,
        country,
        provider,
        kind,
        round(min(100.0, max(1.0, rng.gauss(_REGARD[kind], 9.0)))),
        is_vpn=(seen and kind == VPN) or chance(rng, 0.001),
        is_proxy=(seen and kind == RELAY) or chance(rng, 0.001),
        is_tor=seen and kind == TOR_EXIT,
        is_host=(seen and kind == HOST) or chance(rng, 0.0005),
    )


class Internet:
    """All addresses that people share: the more people, the more of them."""

    def __init__(self, rng: Random, people: int) -> None:
        self._carriers = {
            code: [
                [_address(rng, network, code, MOBILE) for _ in range(max(25, people // 6))]
                for network in country.carriers
            ]
            for code, country in COUNTRIES.items()
        }
        self._cafes = {
            code: [_address(rng, rng.choice(country.homes), code, CAFE) for _ in range(40)]
            for code, country in COUNTRIES.items()
        }
        self._roaming = {
            code: [_address(rng, network, code, MOBILE) for _ in range(60)]
            for code, network in ROAMING.items()
        }
        self._exits = [
            _address(rng, rng.choice(VPNS), rng.choice(("GB", "NL", "US", "DE", "FR")), VPN)
            for _ in range(max(60, people // 10))
        ]
        self._relays: dict[str, list[Address]] = {
            code: [_address(rng, rng.choice(country.homes), code, RELAY) for _ in range(40)]
            for code, country in COUNTRIES.items()
        }

    def home(self, rng: Random, country: str) -> Address:
        return _address(rng, rng.choice(COUNTRIES[country].homes), country, HOME)

    def mobile(self, rng: Random, country: str, carrier: int | None = None) -> Address:
        """One that a carrier shares out among many; without a carrier any, as abroad."""
        carriers = self._carriers.get(country)
        if carriers is None:
            return rng.choice(self._roaming[country])
        return rng.choice(
            rng.choice(carriers) if carrier is None else carriers[carrier % len(carriers)]
        )

    def cafe(self, rng: Random, country: str) -> Address:
        return rng.choice(self._cafes.get(country) or self._roaming[country])

    def vpn(self, rng: Random) -> Address:
        return rng.choice(self._exits)

    def relay(self, rng: Random, country: str) -> Address:
        """A household's line that somebody sells as a way in."""
        return rng.choice(self._relays[country])

    def tor(self, rng: Random) -> Address:
        return _address(rng, TOR, "DE", TOR_EXIT)

    def host(self, rng: Random) -> Address:
        return _address(rng, rng.choice(HOSTING), rng.choice(("US", "DE", "FR")), HOST)
