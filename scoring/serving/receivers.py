"""What the worker does about models after a decision."""

from foundation.outbox import Envelope, subscribe
from scoring.events import DecisionMade
from scoring.serving.explaining import explain


@subscribe(DecisionMade, name="scoring.explanations")
def explain_flagged(events: list[Envelope[DecisionMade]]) -> None:
    """Flagged decisions of a model at once; others are explained when somebody asks."""
    flagged = [
        each.event.transaction
        for each in events
        if each.event.model and each.event.status != "approved"
    ]
    if flagged:
        explain(flagged)
