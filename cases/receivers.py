"""What the analyst's room does after a decision."""

from uuid import UUID

from cases.alerts.opening import open_alerts
from cases.links.keeping import note_links
from cases.links.rebuilding import SUBSCRIBER as LINKS
from foundation.outbox import Envelope, subscribe
from rules.definition import FLAGGED
from scoring.events import DecisionMade


@subscribe(DecisionMade, name="cases.alerts")
def raise_alerts(events: list[Envelope[DecisionMade]]) -> None:
    """Opens alerts for flagged decisions; imported ones open none."""
    made = [each.event for each in events if not each.event.imported]
    open_alerts([UUID(event.transaction) for event in made if event.status in FLAGGED])


@subscribe(DecisionMade, name=LINKS)
def keep_links(events: list[Envelope[DecisionMade]]) -> None:
    """Notes who used what, imported history too: two queries, whatever the batch's size."""
    note_links([UUID(envelope.event.transaction) for envelope in events])
