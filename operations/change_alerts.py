"""What must not go unnoticed about rules: told to whoever watches the installation."""

import logging
from collections.abc import Sequence

from prometheus_client import Counter

from rules.events import SwitchThrown
from studio.events import ChangeSetMoved, EmergencyPublished, ReviewOverdue

log = logging.getLogger(__name__)

CHANGE_ALERTS = Counter(
    "change_alerts", "What watchers were told about changes of rules.", ["kind"]
)


def raise_alerts(
    told: Sequence[ChangeSetMoved | EmergencyPublished | ReviewOverdue | SwitchThrown],
) -> None:
    """One line for each at the level that monitoring wakes people for, and a count."""
    for each in told:
        match each:
            case ChangeSetMoved(state="failed"):
                _alert("failed", f"change set {each.change_set} was not published: {each.failure}")
            case EmergencyPublished():
                _alert(
                    "emergency",
                    f"{each.by} published change set {each.change_set} without an approval; "
                    f"another person must review it by {each.due}",
                )
            case ReviewOverdue():
                _alert(
                    "overdue",
                    f"nobody reviewed change set {each.change_set} in time, which {each.by} "
                    "published in an emergency",
                )
            case SwitchThrown(mode=mode) if mode:
                _alert("switch", f"the switch of {each.vertical} was turned to {mode}")


def _alert(kind: str, words: str) -> None:
    CHANGE_ALERTS.labels(kind).inc()
    log.critical("system alert: %s", words)
