"""What is shared, in sentences. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cases.links.keeping import Thing
from cases.links.naming import KINDS
from cases.links.reading import SHARERS_READ, Neighbourhood, Use

TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Shared:
    """A thing that others use, too."""

    thing: Thing
    others: Sequence[Use]
    frauds: int
    popular: bool


def shared_things(around: Neighbourhood) -> list[Shared]:
    """What the customer shares: with confirmed fraud first, then with the fewest."""
    found = [
        Shared(
            thing,
            others,
            sum(around.is_fraud(use.customer) for use in others),
            thing in around.popular,
        )
        for thing, others in around.sharers().items()
        if others
    ]
    return sorted(found, key=lambda one: (one.popular, -one.frauds, len(one.others), one.thing))


def sentences(shared: Sequence[Shared], names: Mapping[Thing, str]) -> list[str]:
    """ "device dev••••77 shared with 3 customers, 1 confirmed fraud": the first few."""
    return [sentence(one, names[one.thing]) for one in shared[:TOLD]]


def sentence(one: Shared, name: str) -> str:
    """What one thing is shared with."""
    number = len(one.others)
    many = f"more than {SHARERS_READ}" if one.popular else str(number)
    words = f"{KINDS[one.thing[0]]} {name} shared with {many} customer{'s' if number > 1 else ''}"
    if one.frauds:
        least = "at least " if one.popular else ""
        words += f", {least}{one.frauds} confirmed fraud"
    return words
