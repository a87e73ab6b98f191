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


@event
class ChangeSetMoved(msgspec.Struct, frozen=True, tag="studio.change_set_moved.v1"):
    """A change set came into another state; `failure` says why one was not published."""

    change_set: int
    state: str
    by: str
    ruleset: int | None = None
    failure: str = ""


@event
class EmergencyPublished(msgspec.Struct, frozen=True, tag="studio.emergency_published.v1"):
    """Somebody published without an approval; another person must review it by `due`, ISO 8601."""

    change_set: int
    by: str
    due: str


@event
class ReviewOverdue(msgspec.Struct, frozen=True, tag="studio.review_overdue.v1"):
    """Nobody reviewed in time what was published in an emergency. Told once; the review stays."""

    change_set: int
    by: str
