"""What this room tells the rooms above."""

import msgspec

from foundation.outbox import event


@event
class RuleOutOfBounds(msgspec.Struct, frozen=True, tag="studio.rule_out_of_bounds.v1"):
    """A rule left its bounds and goes on deciding, because somebody holds it or demotion is off.

    Told once, when it begins.
    """

    code: str
    version: int
    words: str
    owner: str = ""
