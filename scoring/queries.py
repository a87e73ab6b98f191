"""Looking decisions up for commands."""

from uuid import UUID

from scoring.models import Decision


def find_decision(text: str) -> Decision | None:
    """By our id (a UUID) or, if that finds nothing, by the client's transaction id in any
    institution when only one has it. For commands: no scope is applied."""
    decisions = Decision.objects.select_related("transaction")
    try:
        return decisions.get(pk=UUID(text))
    except (ValueError, Decision.DoesNotExist):
        found = list(decisions.filter(transaction__external_id=text)[:2])
        return found[0] if len(found) == 1 else None
