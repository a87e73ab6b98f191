"""A reviewer's word on one transaction, while the case as a whole is not decided."""

from typing import Final
from uuid import UUID

from django.db import transaction

from cases.models import Case, CaseEntry, ReviewOutcome
from cases.services import four_eyes
from cases.services.changing import change, enter_outcomes, locked
from cases.services.working import WORK, demand_own
from cases.typologies import is_typology
from foundation.errors import BadRequest, Conflict, FieldError, NotFound
from foundation.models import User
from foundation.permissions import require
from scoring.models import Decision
from transactions.models import Label
from transactions.services import Told, record_labels

OUTCOMES: Final = (Decision.Status.APPROVED, Decision.Status.DECLINED)


@transaction.atomic
def set_outcome(
    *,
    case_id: int,
    transaction_id: UUID,
    status: str,
    by: User,
    reason: str,
    label: bool = False,
    typology: str = "",
    version: int | None = None,
) -> ReviewOutcome:
    """Releases (approved) or declines one transaction of the case, beside its decision.

    It holds until the case is decided. With `label` the reviewer says as well what it was: a
    released one genuine, a declined one fraud of this `typology`; an analyst's label, known from
    now on, which a later verdict on the case may overrule. Raises Conflict when all of it stands so
    already, the case changed or is closed, or releasing it takes a second person
    (`four_eyes.needed`); NotFound for a transaction of another case.
    """
    require(by, WORK)
    typology = typology if label and status == Decision.Status.DECLINED else ""
    _check(status, reason, label=label, typology=typology)
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    if status == Decision.Status.APPROVED and four_eyes.needed(case):
        raise Conflict(
            "With so much at risk nobody releases alone: decide the case as genuine, and a second "
            "person is asked.",
            type="second-person",
        )
    name = _name(case, transaction_id)
    newest = ReviewOutcome.objects.filter(transaction=transaction_id).order_by("-pk").first()
    told = label and _label(transaction_id, status, typology, by)
    if newest is not None and newest.status == status and not told:
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
        facts={
            "transaction": str(transaction_id),
            "name": name,
            "status": status,
            "is_fraud": status == Decision.Status.DECLINED if label else None,
            "typology": typology,
        },
    )
    return outcome


def _label(transaction_id: UUID, status: str, typology: str, by: User) -> bool:
    """Whether that was not the analysts' word on it already."""
    is_fraud = status == Decision.Status.DECLINED
    told = Told(transaction_id, is_fraud, Label.Source.ANALYST, typology=typology)
    [found] = record_labels([told], by=by)
    if isinstance(found, BadRequest):
        raise found
    return found.created


def _check(status: str, reason: str, *, label: bool, typology: str) -> None:
    errors = []
    if status not in OUTCOMES:
        errors.append(FieldError("status", "must be approved or declined", "choice"))
    if not 0 < len(reason.strip()) <= 2_000:
        errors.append(FieldError("reason", "must have 1 to 2,000 characters", "missing"))
    if label and status == Decision.Status.DECLINED and not typology:
        errors.append(FieldError("typology", "is required for fraud", "missing"))
    if typology and not is_typology(typology):
        errors.append(FieldError("typology", "is none that we know", "choice"))
    if errors:
        raise BadRequest("; ".join(f"{e.field} {e.message}" for e in errors) + ".", errors=errors)


def _name(case: Case, transaction_id: UUID) -> str:
    alerts = case.alerts.filter(transaction=transaction_id)
    name = alerts.values_list("transaction__external_id", flat=True).first()
    if name is None:
        raise NotFound("The case has no such transaction.")
    return str(name)
