"""What transactions tell the rooms above."""

import msgspec

from foundation.outbox import event


@event
class LabelRecorded(msgspec.Struct, frozen=True, tag="transactions.label_recorded.v1"):
    """It became known what a transaction was."""

    transaction: str  # UUID
    institution: int
    is_fraud: bool
    source: str
    known_at: str  # ISO 8601
