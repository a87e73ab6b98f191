"""Why a case is there: the reasons of its alerts, each once. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Hit = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired, with its words where it was worth most."""

    code: str
    text: str
    effect: str  # empty when it only scores
    severity: str
    worth: int  # percent of certainty, 0 to 100, weight and confidence included
    weight: float
    confidence: float
    times: int  # on so many of the alerts


@dataclass(frozen=True, slots=True)
class Listing:
    """An entry of a list that named something of a transaction."""

    feature: str
    list_name: str
    effect: str
    times: int


def reasons_of(decisions: Iterable[Sequence[Hit]]) -> list[Reason]:
    """Rules with an effect first, as they outrank the score; then by worth."""
    best: dict[str, Hit] = {}
    times: dict[str, int] = {}
    for hits in decisions:
        for hit in hits:
            code = hit["code"]
            times[code] = times.get(code, 0) + 1
            if code not in best or hit["worth"] > best[code]["worth"]:
                best[code] = hit
    reasons = [
        Reason(
            code=code,
            text=hit["reason"],
            effect="" if hit["effect"] == "score" else hit["effect"],
            severity=hit["severity"],
            worth=round(100 * hit["worth"]),
            weight=hit["weight"],
            confidence=hit["confidence"],
            times=times[code],
        )
        for code, hit in best.items()
    ]
    return sorted(reasons, key=lambda reason: (not reason.effect, -reason.worth, reason.code))


def listings_of(inputs: Iterable[Mapping[str, Any]]) -> list[Listing]:
    """Entries of lists that were found when deciding, those with an effect first."""
    times: dict[tuple[str, str, str], int] = {}
    for read in inputs:
        for feature, list_name, effect in read.get("listed", ()):
            key = (feature, list_name, effect)
            times[key] = times.get(key, 0) + 1
    found = [Listing(*key, number) for key, number in times.items()]
    return sorted(found, key=lambda one: (not one.effect, one.list_name, one.feature))
