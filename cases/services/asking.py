"""Asking the client system for information about a case."""

from django.db import transaction

from cases.models import Case, CaseEntry
from cases.services.changing import change, locked
from cases.services.working import WORK, demand_own
from foundation.errors import BadRequest, FieldError
from foundation.models import User
from foundation.permissions import require

MOST_CHARACTERS = 2_000


@transaction.atomic
def ask(*, case_id: int, question: str, by: User, version: int | None = None) -> CaseEntry:
    """Puts the case to waiting and tells the client system the question by webhook.

    Raises Conflict when the case has changed or is closed, Forbidden when it is somebody else's.
    """
    require(by, WORK)
    question = question.strip()
    if not 0 < len(question) <= MOST_CHARACTERS:
        message = "must have 1 to 2,000 characters"
        raise BadRequest(f"The question {message}.", errors=[FieldError("question", message)])
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    return change(
        case,
        kind=CaseEntry.Kind.ASKED,
        by=by,
        text=question,
        facts={"length": len(question)},
        status=Case.Status.WAITING,
    )
