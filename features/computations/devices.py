"""Browser, system and graphics of a device, and whether what it says of itself fits together.

A few thousand descriptions make up nearly all traffic, so what was read from one is remembered.
"""

import re
from functools import lru_cache
from typing import NamedTuple


class Agent(NamedTuple):
    """The parts of a browser's self-description; None where it does not say."""

    browser: str | None
    version: str | None
    system: str | None
    device: str | None
    is_bot: bool


# In the order in which they must be tried: most browsers name the one they descend from as well.
_BROWSERS = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.ASCII))
    for name, pattern in (
        ("edge", r"\b(?:edge|edga|edgios|edg)/(\d+)"),
        ("opera", r"\b(?:opr|opera mini|opera|opios)/(\d+)"),
        ("samsung", r"\bsamsungbrowser/(\d+)"),
        ("uc", r"\bucbrowser/(\d+)"),
        ("firefox", r"\b(?:firefox|fxios)/(\d+)"),
        ("chrome", r"\b(?:chrome|crios|headlesschrome)/(\d+)"),
        ("explorer", r"\b(?:msie |trident/.{0,200}rv:)(\d+)"),
        ("safari", r"\bversion/(\d+).{0,200}safari/"),
        ("script", r"\b(?:curl|wget|python-requests|okhttp|java|go-http-client|axios)/(\d+)"),
    )
)
_SYSTEMS = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.ASCII))
    for name, pattern in (
        ("windows", r"\bwindows\b"),
        ("ios", r"\b(?:iphone|ipad|ipod|ios)\b"),
        ("android", r"\bandroid\b"),
        ("chromeos", r"\bcros\b|\bchrome ?os\b"),
        ("macos", r"\bmac ?os|\bmacintosh\b|\bosx\b"),
        ("linux", r"\blinux\b|\bx11\b|\bubuntu\b"),
    )
)
# Systems that give each other's name for themselves: scripts see Linux on Android, and an iPad
# calls itself a Mac.
_SAME_KERNEL = ({"android", "linux"}, {"chromeos", "linux"}, {"ios", "macos"})
_TABLET = re.compile(r"\b(?:ipad|tablet)\b", re.IGNORECASE)
_MOBILE = re.compile(r"\b(?:mobile|iphone|ipod|opera mini)\b", re.IGNORECASE)
BOT_WORDS = ("bot", "crawler", "spider", "scraper")
# A maker of telephones whose name holds a bot word.
_NOT_BOTS = re.compile("cubot", re.IGNORECASE)

EMULATED_GRAPHICS = (
    "goldfish",
    "ranchu",
    "swiftshader",
    "llvmpipe",
    "softpipe",
    "virtualbox",
    "vmware",
    "svga3d",
    "parallels",
    "qemu",
    "virgl",
    "bluestacks",
    "genymotion",
    "android emulator",
    "microsoft basic render",
)
# Graphics that exist only on some systems.
_SYSTEMS_BY_GRAPHICS = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(systems))
    for pattern, systems in (
        (r"\bapple\b", ("macos", "ios")),
        (r"\bmetal\b", ("macos", "ios")),
        (r"\badreno\b", ("android", "windows", "linux", "chromeos")),
        (r"\bmali\b", ("android", "linux", "chromeos")),
        (r"\bdirect3d|\bd3d(?:9|11|12)", ("windows",)),
        (r"\b(?:geforce|radeon|nvidia)\b", ("windows", "macos", "linux", "chromeos", "android")),
    )
)
_BROWSER_WORDS = ("edge", "opera", "samsung", "firefox", "chrome", "explorer", "safari")


@lru_cache(maxsize=4096)
def read_agent(user_agent: str) -> Agent:
    """The parts of a user agent."""
    browser, version = _browser(user_agent)
    system = _first(_SYSTEMS, user_agent)
    words = _NOT_BOTS.sub("", user_agent).lower()
    is_bot = any(word in words for word in BOT_WORDS)
    return Agent(browser, version, system, _device(user_agent, system, is_bot), is_bot)


def _browser(user_agent: str) -> tuple[str | None, str | None]:
    for name, pattern in _BROWSERS:
        if match := pattern.search(user_agent):
            return name, match[1]
    return None, None


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str | None:
    return next((name for name, pattern in table if pattern.search(text)), None)


def _device(user_agent: str, system: str | None, is_bot: bool) -> str | None:
    if is_bot:
        return "bot"
    if _TABLET.search(user_agent) or (system == "android" and not _MOBILE.search(user_agent)):
        return "tablet"
    if _MOBILE.search(user_agent):
        return "mobile"
    return "desktop" if system else None


def agent_browser(user_agent: str) -> str | None:
    return read_agent(user_agent).browser


def agent_version(user_agent: str) -> str | None:
    return read_agent(user_agent).version


def agent_system(user_agent: str) -> str | None:
    return read_agent(user_agent).system


def agent_device(user_agent: str) -> str | None:
    return read_agent(user_agent).device


def agent_is_bot(user_agent: str) -> bool:
    return read_agent(user_agent).is_bot


@lru_cache(maxsize=4096)
def browsers_differ(browser: str, from_agent: str) -> bool | None:
    """Whether the browser named is another than the user agent's; None for one we do not know.

    >>> browsers_differ("mobile chrome 120", "chrome"), browsers_differ("safari", "chrome")
    (False, True)
    """
    named = [word for word in _BROWSER_WORDS if word in browser]
    return from_agent not in named if named else None


@lru_cache(maxsize=4096)
def systems_differ(system: str, from_agent: str) -> bool | None:
    """Whether the system named is another than the user agent's; None for one we do not know."""
    named = _first(_SYSTEMS, system)
    if named is None or named == from_agent:
        return None if named is None else False
    return {named, from_agent} not in _SAME_KERNEL


@lru_cache(maxsize=4096)
def graphics_are_emulated(graphics: str) -> bool:
    folded = graphics.lower()
    return any(word in folded for word in EMULATED_GRAPHICS)


@lru_cache(maxsize=4096)
def graphics_contradict(graphics: str, system: str) -> bool | None:
    """Whether this graphics unit cannot exist under this system; None when we know neither."""
    named = _first(_SYSTEMS, system)
    allowed = [systems for pattern, systems in _SYSTEMS_BY_GRAPHICS if pattern.search(graphics)]
    if named is None or not allowed:
        return None
    return any(named not in systems for systems in allowed)
