"""A reviewer's word on one transaction, while the case as a whole is not decided."""

from typing import Final
from uuid import UUID

from django.db import transaction

from cases.models import Case, CaseEntry, ReviewOutcome
from cases.services.changing import change, enter_outcomes, locked
from cases.services.working import WORK, demand_own
from foundation.errors import BadRequest, Conflict, FieldError, NotFound
from foundation.models import User
from foundation.permissions import require
from scoring.models import Decision

OUTCOMES: Final = (Decision.Status.APPROVED, Decision.Status.DECLINED)


@transaction.atomic
def set_outcome(
    *,
    case_id: int,
    transaction_id: UUID,
    status: str,
    by: User,
    reason: str,
    version: int | None = None,
) -> ReviewOutcome:
    """Releases (approved) or declines one transaction of the case, beside its decision.

    It holds until the case is decided, and labels nothing: what the transaction was, the verdict
    says. Raises Conflict when it stands so already, or the case changed or is closed; NotFound for
    a transaction of another case.
    """
    require(by, WORK)
    _check(status, reason)
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    name = _name(case, transaction_id)
    newest = ReviewOutcome.objects.filter(transaction=transaction_id).order_by("-pk").first()
    if newest is not None and newest.status == status:
        raise Conflict(f"{name} is {status} already.", type="outcome-same")
    outcome = ReviewOutcome(
        transaction_id=transaction_id, case=case, status=status, by=by, reason=reason
    )
    enter_outcomes([outcome], case=case, by=by)
    change(
        case,
        kind=CaseEntry.Kind.OUTCOME,
        by=by,
        text=reason,
        facts={"transaction": str(transaction_id), "name": name, "status": status},
    )
    return outcome


def _check(status: str, reason: str) -> None:
    errors = []
    if status not in OUTCOMES:
        errors.append(FieldError("status", "must be approved or declined", "choice"))
    if not 0 < len(reason.strip()) <= 2_000:
        errors.append(FieldError("reason", "must have 1 to 2,000 characters", "missing"))
    if errors:
        raise BadRequest("; ".join(f"{e.field} {e.message}" for e in errors) + ".", errors=errors)


def _name(case: Case, transaction_id: UUID) -> str:
    alerts = case.alerts.filter(transaction=transaction_id)
    name = alerts.values_list("transaction__external_id", flat=True).first()
    if name is None:
        raise NotFound("The case has no such transaction.")
    return str(name)
