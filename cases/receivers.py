"""What the analyst's room does after a decision."""

from uuid import UUID

from cases.opening import FLAGGED, open_alerts
from foundation.outbox import Envelope, subscribe
from scoring.events import DecisionMade


@subscribe(DecisionMade, name="cases.alerts")
def raise_alerts(events: list[Envelope[DecisionMade]]) -> None:
    """Opens alerts for flagged decisions; imported ones open none."""
    made = [each.event for each in events if not each.event.imported]
    open_alerts([UUID(event.transaction) for event in made if event.status in FLAGGED])
