"""Names and streets from Faker, drawn once a locale: it is too slow to ask for every customer."""

import unicodedata
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple

from faker import Faker

_NAMES: Final = 300
_STREETS: Final = 250


class Pool(NamedTuple):
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]


@lru_cache(maxsize=64)
def pool(locale: str, seed: int) -> Pool:
    """Invented names of a locale, the same for a seed."""
    faker = Faker(locale)
    faker.seed_instance(f"{seed}/{locale}")
    return Pool(
        tuple(faker.first_name() for _ in range(_NAMES)),
        tuple(faker.last_name() for _ in range(_NAMES)),
        tuple(faker.street_address().replace("\n", ", ") for _ in range(_STREETS)),
    )


@lru_cache(maxsize=8192)
def latin(text: str) -> str:
    """Lower-case letters alone, for an e-mail address.

    >>> latin("Jean-Luc Ünal")
    'jeanlucunal'
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(c for c in plain.lower() if "a" <= c <= "z")


def mailbox(rng: Random, first: str, last: str) -> str:
    """The part before the at sign, in one of the forms that people choose."""
    one, other = latin(first) or "me", latin(last) or "x"
    form = rng.random()
    if form < 0.3:
        return f"{one}.{other}{rng.randrange(1, 99)}"
    if form < 0.5:
        return f"{one}{other}{rng.randrange(100)}"
    if form < 0.7:
        return f"{one}{rng.randrange(60, 2008)}"
    if form < 0.85:
        return f"{one[0]}.{other}{rng.randrange(10, 999)}"
    return f"{other}.{one}{rng.randrange(1, 999)}"
