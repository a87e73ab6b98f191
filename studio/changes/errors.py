"""What change sets refuse, and why."""

from foundation.errors import Conflict


class ChangeRefused(Conflict):
    """It may not be done as things stand."""

    type, title = "change-refused", "The change set does not allow it"


class Outdated(Conflict):
    """Somebody else changed the same meanwhile; nothing was lost."""

    type, title = "change-outdated", "It was changed meanwhile"


class EvidenceStale(Conflict):
    """The edits are others than those that were tried."""

    type, title = "evidence-stale", "The backtest is of other edits"
