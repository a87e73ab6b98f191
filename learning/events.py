"""What this room tells the rooms above it."""

import msgspec

from foundation.outbox import event


@event
class DriftFound(msgspec.Struct, frozen=True, tag="learning.drift_found.v1"):
    """The traffic of the last days is not what a model was trained on."""

    model: str
    day: str  # ISO 8601
    verdict: str  # "watch" or "act"
    said: str
    worst: dict[str, float]  # PSI by name, the worst first


@event
class TrainingEnded(msgspec.Struct, frozen=True, tag="learning.training_ended.v1"):
    """A training ended, with a model or without."""

    run: int
    cause: str
    state: str
    said: str
    model: str = ""  # the version that was made
