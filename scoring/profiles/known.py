"""Bounded sets of what a customer used: those seen last are kept, the others are forgotten.

Which members remain does not depend on the order in which transactions arrive, only on when they
happened. The first sighting of a member that was forgotten begins anew.
"""

from struct import Struct

import msgspec

_ENTRY = Struct("<QII")  # key, first and last sighting in epoch seconds
_SIZE = _ENTRY.size
_LATEST = 0xFFFFFFFF  # four bytes: 2106

KEY_BYTES = 8


class Things(msgspec.Struct, array_like=True):
    """What has a number: `members` are 16 bytes each, the one seen last in front."""

    given: int = 0  # in how many transactions there was one
    met: int = 0  # how often it was none of the members
    members: bytes = b""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and _find(self.members, key) >= 0

    @property
    def newest(self) -> int | None:
        """The key of the one seen last."""
        return int.from_bytes(self.members[:KEY_BYTES], "little") if self.members else None

    def sightings(self) -> dict[int, tuple[int, int]]:
        """First and last sighting by key."""
        return {key: (first, last) for key, first, last in _ENTRY.iter_unpack(self.members)}

    def begun_within(self, start: float, end: float) -> int:
        """How many were first seen in (start, end], not counting the one seen before all others."""
        if len(self.members) <= _SIZE:
            return 0
        firsts = sorted([first for _, first, _ in _ENTRY.iter_unpack(self.members)])
        return sum(start < first <= end for first in firsts[1:])

    def meet(self, key: int, moment: float, most: int) -> None:
        """Note a sighting (epoch seconds)."""
        first = last = _second(moment)
        others = self.members
        place = _find(others, key)
        self.given += 1
        if place < 0:
            self.met += 1
        else:
            _, earlier, later = _ENTRY.unpack_from(others, place)
            first, last = min(first, earlier), max(last, later)
            others = others[:place] + others[place + _SIZE :]
        place = _place_of(others, key, last)
        entry = _ENTRY.pack(key, first, last)
        self.members = (others[:place] + entry + others[place:])[: most * _SIZE]


class Words(msgspec.Struct, array_like=True):
    """What has a name, and when it was seen last (epoch seconds)."""

    given: int = 0
    met: int = 0
    members: dict[str, int] = {}

    def meet(self, text: str, moment: float, most: int) -> None:
        """Note a sighting."""
        at = _second(moment)
        members = self.members
        last = members.get(text)
        self.given += 1
        members[text] = at if last is None else max(at, last)
        if last is None:
            self.met += 1
            if len(members) > most:
                del members[min(members, key=lambda name: (members[name], name))]


def key_of(digest: bytes) -> int:
    """The key of what is known by a keyed hash: its first eight bytes."""
    return int.from_bytes(digest[:KEY_BYTES], "big")


def _second(moment: float) -> int:
    return min(max(int(moment), 0), _LATEST)


def _find(members: bytes, key: int) -> int:
    """Where the member's entry begins; -1 when it has none."""
    wanted = key.to_bytes(KEY_BYTES, "little")
    place = members.find(wanted)
    while place % _SIZE and place > 0:  # in the middle of others' entries
        place = members.find(wanted, place + 1)
    return place


def _place_of(members: bytes, key: int, last: int) -> int:
    """Where an entry belongs that was seen last at this moment."""
    place = 0
    while place < len(members):
        other, _, seen = _ENTRY.unpack_from(members, place)
        if (-last, key) < (-seen, other):
            break
        place += _SIZE
    return place
