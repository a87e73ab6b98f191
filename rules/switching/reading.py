"""What a switch says, and whether it is still on. Pure: the time comes with the question."""

from enum import StrEnum

import msgspec


class Mode(StrEnum):
    """What is left to rules and model."""

    RULES_ONLY = "rules_only"
    APPROVE_ALL = "approve_all"
    REVIEW_ALL = "review_all"
    DECLINE_ALL = "decline_all"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Mode.RULES_ONLY: "rules only, without the model",
    Mode.APPROVE_ALL: "approve all",
    Mode.REVIEW_ALL: "review all",
    Mode.DECLINE_ALL: "decline all",
}


class Switched(msgspec.Struct, frozen=True):
    """A switch as the decision keeps it. `until` in epoch seconds, exclusive; `id` of its row."""

    mode: Mode
    until: float
    id: int

    def is_on(self, at: float) -> bool:
        """Whether it holds at that time, in epoch seconds."""
        return at < self.until


_decode = msgspec.json.Decoder(Switched).decode


def read_switch(text: str | None, at: float) -> Switched | None:
    """The switch that holds at that time, given the vertical's entry of Publication.switches.

    >>> read_switch('{"mode": "decline_all", "until": 20.0, "id": 1}', 19.9).mode.value
    'decline_all'
    >>> read_switch('{"mode": "decline_all", "until": 20.0, "id": 1}', 20.0) is None
    True
    """
    if text is None:
        return None
    switch = _decode(text)
    return switch if switch.is_on(at) else None
