"""Reading decisions. Every query is scoped to an institution."""

from uuid import UUID

from scoring.answers import Answer, answer_of
from scoring.models import Decision
from transactions.queries import find_by_key


def decision_for(institution_id: int, transaction_id: str) -> Answer | None:
    """The decision on the client's transaction id; two queries."""
    pk = find_by_key(institution_id, transaction_id)
    if pk is None:
        return None
    return answer_of(Decision.objects.get(pk=pk), transaction_id, replayed=False)


def find_decision(text: str) -> Decision | None:
    """By our id (a UUID) or, if that finds nothing, by the client's transaction id in any
    institution when only one has it. For commands: no scope is applied."""
    decisions = Decision.objects.select_related("transaction")
    try:
        return decisions.get(pk=UUID(text))
    except (ValueError, Decision.DoesNotExist):
        found = list(decisions.filter(transaction__external_id=text)[:2])
        return found[0] if len(found) == 1 else None
