"""Which clocks are shown in a country, by the time zone database."""

from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def _zones() -> dict[str, tuple[ZoneInfo, ...]]:
    """By country. Of the pinned package, not of the machine, so that it is the same everywhere."""
    folder = files("tzdata") / "zoneinfo"
    found: dict[str, tuple[ZoneInfo, ...]] = {}
    for line in (folder / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            with folder.joinpath(*name.split("/")).open("rb") as file:
                found[country] = (*found.get(country, ()), ZoneInfo.from_file(file, key=name))
    return found


@lru_cache(maxsize=4096)
def _offsets(country: str, hour: int) -> frozenset[float]:
    """How many minutes the country's clocks were ahead of UTC in that hour since 1970."""
    moment = datetime.fromtimestamp(hour * 3600, UTC)
    offsets = [moment.astimezone(zone).utcoffset() for zone in _zones().get(country, ())]
    return frozenset(offset.total_seconds() / 60 for offset in offsets if offset is not None)


def fits(offset_minutes: float, country: str, moment: float) -> bool | None:
    """Whether any clock of the country shows this offset from UTC at that time.

    None for an offset of 0, as machines write UTC wherever they stand, and for no known country.
    """
    offsets = _offsets(country, int(moment // 3600))
    return offset_minutes in offsets if offset_minutes and offsets else None
