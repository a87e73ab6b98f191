"""What closing a case does: labels, outcomes beside the decisions, an end."""

from typing import Any, Final

from django.utils import timezone as clock

from cases.models import Case, CaseEntry, ReviewOutcome
from cases.services.changing import change, enter_outcomes
from foundation.errors import BadRequest
from foundation.models import User
from scoring.models import Decision
from transactions.models import Label
from transactions.services import Told, record_labels

_IS_FRAUD: Final = {
    Case.Disposition.CONFIRMED_FRAUD: True,
    Case.Disposition.GENUINE: False,
}
"""Dispositions that say what the transactions were. The others leave it open: no label."""

_OUTCOME: Final = {
    Case.Disposition.CONFIRMED_FRAUD: Decision.Status.DECLINED,
    Case.Disposition.GENUINE: Decision.Status.APPROVED,
}


def close(
    case: Case,
    *,
    disposition: str,
    typology: str,
    reason: str,
    by: User,
    facts: dict[str, Any] | None = None,
) -> Case:
    """Closes the locked case: labels for its transactions, and an outcome beside each decision.

    Confirmed fraud declines, genuine releases; suspected and inconclusive leave both open. Who may
    is asked before (cases/services/working.py).
    """
    now = clock.now()
    rows = [alert.transaction_id for alert in case.alerts.order_by("pk")]
    if (is_fraud := _IS_FRAUD.get(Case.Disposition(disposition))) is not None:
        told = [Told(row, is_fraud, Label.Source.ANALYST, now, typology) for row in rows]
        for outcome in record_labels(told, by=by):
            if isinstance(outcome, BadRequest):
                raise outcome
        status = _OUTCOME[Case.Disposition(disposition)]
        outcomes = [
            ReviewOutcome(
                transaction_id=row, case=case, status=status, by=by, at=now, reason=reason
            )
            for row in rows
        ]
        enter_outcomes(outcomes, case=case, by=by)
    change(
        case,
        kind=CaseEntry.Kind.DECIDED,
        by=by,
        text=reason,
        facts={
            "disposition": disposition,
            "typology": typology,
            "transactions": len(rows),
            **(facts or {}),
        },
        status=Case.Status.CLOSED,
        disposition=disposition,
        typology=typology,
        assignee=by,
        closed_at=now,
        snoozed_until=None,
        proposal=None,
    )
    return case
