"""Distances and comparisons of places."""

import math

EARTH_RADIUS_KM = 6371.0088
# Two events in the same minute say little about speed; the clocks and positions are not that exact.
SHORTEST_JOURNEY_HOURS = 1 / 60
IMPOSSIBLE_SPEED_KMH = 900.0


def distance_km(
    latitude: float, longitude: float, to_latitude: float, to_longitude: float
) -> float:
    """The way over the surface of the Earth, by the haversine formula, in kilometres."""
    phi, to_phi = math.radians(latitude), math.radians(to_latitude)
    half = math.sin((to_phi - phi) / 2) ** 2
    half += (
        math.cos(phi) * math.cos(to_phi) * math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def speed_kmh(kilometres: float, hours: float) -> float:
    """The speed of a journey; one of less than a minute counts as a minute."""
    return kilometres / max(hours, SHORTEST_JOURNEY_HOURS)


def is_impossible_speed(kmh: float) -> bool:
    return kmh > IMPOSSIBLE_SPEED_KMH


def equal(one: object, other: object) -> bool:
    return one == other


def differ(one: object, other: object) -> bool:
    return one != other
