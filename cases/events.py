"""What the analyst's room tells the rooms above it."""

import msgspec

from foundation.outbox import event


@event
class CaseChanged(msgspec.Struct, frozen=True, tag="cases.case_changed.v1"):
    """A case was opened, changed or closed. Names no person of the client's."""

    case: int
    institution: int
    happening: str  # opened, updated or closed
    kind: str  # of the entry in its timeline
    entry: str  # UUID: stable, so that telling it twice can be noticed
