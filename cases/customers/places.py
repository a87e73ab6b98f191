"""Where a customer usually is, and how far from there a transaction took place. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from features.computations.places import distance_km
from scoring.profiles.habits import Habits, cell_of
from scoring.profiles.known import Things

BESIDE_KM: Final = 50.0
"""Somebody who is this near an area that he knows has not gone anywhere unusual."""
_ACROSS: Final = 361  # cells a row, as in `cell_of`


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Of one transaction; None where nothing was told."""

    latitude: float | None
    longitude: float | None
    network: int | None
    city: str = ""  # of the internet address, if the place is


@dataclass(frozen=True, slots=True)
class Compared:
    """The usual and the present place in words. `unusual` is None where nobody can tell."""

    usual: str
    now: str
    unusual: bool | None


def compare(habits: Habits, here: Whereabouts) -> Compared | None:
    """Areas are squares of one degree, at most 111 km wide. None where none is known."""
    areas, networks = len(habits.cells.sightings()), len(habits.networks.sightings())
    if not areas and not networks:
        return None
    usual = [_number(areas, "area"), _number(networks, "network")]
    found = [_area(habits.cells, here), _network(habits.networks, here.network)]
    told = [one for one in found if one is not None]
    return Compared(
        usual=", ".join(word for word in usual if word),
        now="; ".join(words for words, _ in told) or "not told",
        unusual=any(new for _, new in told) if told else None,
    )


def _number(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


def _area(known: Things, here: Whereabouts) -> tuple[str, bool] | None:
    """In words, and whether it is unusual."""
    if here.latitude is None or here.longitude is None or not known.members:
        return None
    name = f"{here.city} area" if here.city else "area"
    if cell_of(here.latitude, here.longitude) in known:
        return f"{name}: usual", False
    away = min(_least_distances(known, here.latitude, here.longitude))
    if away < BESIDE_KM:
        return f"{name}: beside the usual", False
    return f"{name}: new, {_round(away):,} km from the usual", True


def _least_distances(known: Things, latitude: float, longitude: float) -> Iterator[float]:
    """To the nearest point of each known area."""
    for cell in known.sightings():
        south, west = cell // _ACROSS - 90, cell % _ACROSS - 180
        # The far side of the date line is near.
        shifts = (longitude, longitude - 360, longitude + 360)
        east_west = min(shifts, key=lambda at: abs(at - west - 0.5))
        nearest = (min(max(latitude, south), south + 1), min(max(east_west, west), west + 1))
        yield distance_km(latitude, longitude, *nearest)


def _round(kilometres: float) -> int:
    """To two digits: more would say what is not known."""
    return int(float(f"{kilometres:.2g}"))


def _network(known: Things, number: int | None) -> tuple[str, bool] | None:
    if number is None or not known.members:
        return None
    return ("network usual", False) if number in known else ("network new", True)
