"""Telephones and computers, and how they describe themselves."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple

from intake.synthetic.randomness import Weighted, chance


class Model(NamedTuple):
    name: str
    os: str
    kind: str
    gpu: str
    screen: str


_ANDROID: Final = (
    ("SM-A155F", "Mali-G57 MC2", "1080x2340"), ("SM-A057F", "Adreno (TM) 610", "720x1600"),
    ("SM-G991B", "Mali-G78", "1080x2400"), ("TECNO BG6", "PowerVR Rogue GE8322", "720x1612"),
    ("Infinix X6525", "PowerVR Rogue GE8322", "720x1612"), ("Redmi Note 12", "Adreno (TM) 619",
        "1080x2400"),
    ("itel A665L", "Mali-G57", "720x1612"), ("Pixel 7a", "Mali-G710", "1080x2400"),
)  # fmt: skip
PHONES: Final = Weighted(
    [(Model(name, "Android", "mobile", gpu, screen), 11.0) for name, gpu, screen in _ANDROID]
    + [(Model("iPhone", "iOS", "mobile", "Apple GPU", "1170x2532"), 14.0)]
    + [(Model("iPhone Plus", "iOS", "mobile", "Apple GPU", "1284x2778"), 6.0)]
)
COMPUTERS: Final = Weighted(
    [
        (Model("pc", "Windows", "desktop", "Intel(R) UHD Graphics 620", "1920x1080"), 40.0),
        (Model("laptop", "Windows", "desktop", "Intel(R) Iris(R) Xe Graphics", "1366x768"), 30.0),
        (Model("gaming", "Windows", "desktop", "NVIDIA GeForce RTX 3060", "2560x1440"), 10.0),
        (Model("mac", "macOS", "desktop", "Apple M1", "1440x900"), 20.0),
    ]
)
_BROWSERS: Final = {
    "Windows": Weighted({"Chrome": 70.0, "Edge": 20.0, "Firefox": 10.0}),
    "macOS": Weighted({"Chrome": 45.0, "Safari": 55.0}),
}
_WEBKIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"


@dataclass(frozen=True, slots=True)
class Device:
    id: str
    model: Model
    browser: str
    os_version: int
    release: int  # the browser's version on the world's first day
    canvas: str
    language: str
    emulated: bool

    def agent(self, day: int) -> str:
        """The user agent. Browsers renew themselves every four weeks."""
        return _agent(self.model, self.browser, self.os_version, self.release + day // 28)


@lru_cache(maxsize=4096)
def _agent(model: Model, browser: str, os_version: int, release: int) -> str:
    if model.os == "Android":
        return (
            f"Mozilla/5.0 (Linux; Android {os_version}; {model.name}) {_WEBKIT} "
            f"Chrome/{release}.0.0.0 Mobile Safari/537.36"
        )
    if model.os == "iOS":
        version = f"{os_version + 3}_{release % 7}"
        return (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS {version} like Mac OS X) AppleWebKit/605.1.15 "
            f"(KHTML, like Gecko) Version/{os_version + 3}.0 Mobile/15E148 Safari/604.1"
        )
    system = (
        "Windows NT 10.0; Win64; x64"
        if model.os == "Windows"
        else "Macintosh; Intel Mac OS X 10_15_7"
    )
    if browser == "Firefox":
        return f"Mozilla/5.0 ({system}; rv:{release}.0) Gecko/20100101 Firefox/{release}.0"
    if browser == "Safari":
        return (
            f"Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            f"Version/17.{release % 7} Safari/605.1.15"
        )
    edge = f" Edg/{release}.0.0.0" if browser == "Edge" else ""
    return f"Mozilla/5.0 ({system}) {_WEBKIT} Chrome/{release}.0.0.0 Safari/537.36{edge}"


def phone(rng: Random, language: str, *, emulated: float = 0.0004) -> Device:
    """A telephone. `emulated` is the chance that a program only pretends to be one."""
    return _device(rng, PHONES.pick(rng), language, chance(rng, emulated))


def computer(rng: Random, language: str) -> Device:
    return _device(rng, COMPUTERS.pick(rng), language, emulated=False)


def _device(rng: Random, model: Model, language: str, emulated: bool) -> Device:
    browsers = _BROWSERS.get(model.os)
    return Device(
        f"{rng.getrandbits(64):016x}",
        model,
        browsers.pick(rng) if browsers else "Safari" if model.os == "iOS" else "Chrome",
        rng.choice((12, 13, 14, 14, 15)),
        rng.choice((136, 137, 138, 139, 140)),
        f"{rng.getrandbits(128):032x}",
        language,
        emulated,
    )
