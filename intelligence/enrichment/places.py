"""Where an address is and whose network it belongs to, from local GeoIP files (MMDB).

GEOIP_DATABASE names one file or several with commas between: a city or country file, a network
(ASN) or provider (ISP) file. They are read into memory maps when first asked; a new file counts
from the next start of the process. A file that is missing or broken is left out: a system check
warns of it, and its features are missing.
"""

import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb
from django.conf import settings
from django.core.signals import setting_changed

from features.computations.addresses import ip_class
from features.framework import Value

log = logging.getLogger(__name__)
_PLACE_WORDS = ("City", "Country", "Enterprise", "Location")
Record = Mapping[str, Any]
Readers = tuple[tuple[maxminddb.Reader, bool], ...]


def open_file(path: str) -> maxminddb.Reader:
    """The file, opened and tried. Raises OSError or maxminddb.InvalidDatabaseError."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is no file")
    reader = maxminddb.open_database(path)
    reader.get("8.8.8.8")
    return reader


@lru_cache(maxsize=1)
def readers() -> Readers:
    """The files that open, each with whether it is a map of places."""
    found = []
    for path in settings.GEOIP_DATABASE:
        try:
            reader = open_file(path)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            log.error("GeoIP file left out: %s", type(error).__name__)
            continue
        kind = reader.metadata().database_type
        found.append((reader, any(word in kind for word in _PLACE_WORDS)))
    return tuple(found)


def has_files() -> bool:
    return bool(settings.GEOIP_DATABASE)


@lru_cache(maxsize=16_384)
def read_place(address: str) -> Mapping[str, Value]:
    """Features of an address in normal form; nothing for one that is not public.

    `geoip_lookup_failed` is there only when a map of places was asked.
    """
    if ip_class(address) != "public":
        return {}
    found: dict[str, Value] = {}
    asked = known = False
    for reader, is_map in readers():
        if ":" in address and reader.metadata().ip_version == 4:
            continue  # a file that cannot hold it was not asked
        record = _record(reader, address)
        if is_map:
            asked, known = True, known or bool(record)
        if record:
            found.update(_features(record))
    if asked:
        found["geoip_lookup_failed"] = not known
    return found


def _record(reader: maxminddb.Reader, address: str) -> Record | None:
    try:
        record = reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError) as error:  # IPv6 in a file of IPv4
        log.debug("GeoIP look-up: %s", type(error).__name__)
        return None
    return record if isinstance(record, dict) else None


def _features(record: Record) -> dict[str, Value]:
    """What MaxMind's and DB-IP's files call these things."""
    location = _part(record, "location")
    regions = record.get("subdivisions")
    first = regions[0] if isinstance(regions, list) and regions else {}
    provider = record.get("isp") or record.get("autonomous_system_organization")
    found = {
        "ip_country": _part(record, "country").get("iso_code"),
        "ip_state": _name(first),
        "ip_city": _name(_part(record, "city")),
        "ip_latitude": _number(location.get("latitude"), 90),
        "ip_longitude": _number(location.get("longitude"), 180),
        "asn_number": _number(record.get("autonomous_system_number"), 2**32 - 1),
        "isp_name": provider,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _part(record: Record, name: str) -> Record:
    part = record.get(name)
    return part if isinstance(part, dict) else {}


def _name(part: Any) -> str | None:
    names = _part(part, "names") if isinstance(part, dict) else {}
    return names.get("en")


def _number(value: Any, largest: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= largest else None


def forget_places() -> None:
    """Open the files anew at the next look-up."""
    read_place.cache_clear()
    readers.cache_clear()


def _forget(*, setting: str, **_: object) -> None:
    if setting == "GEOIP_DATABASE":
        forget_places()


setting_changed.connect(_forget, dispatch_uid="intelligence.places")
