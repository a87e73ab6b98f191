"""A verdict that can still be taken back, for the banner."""

from dataclasses import dataclass

from django.utils import timezone as clock

from cases.models import Closing
from cases.page.words import verdict
from cases.services.closing import UNDO_SECONDS
from foundation.models import User


@dataclass(frozen=True, slots=True)
class Pending:
    case_id: int
    words: str
    seconds: int
    mine: bool
    by: str


def pending(closing: Closing | None, user: User) -> Pending | None:
    if closing is None:
        return None
    left = (closing.effective_at - clock.now()).total_seconds()
    said = {"disposition": closing.disposition, "typology": closing.typology}
    return Pending(
        case_id=closing.case_id,
        words=verdict(said),
        seconds=min(max(round(left), 0), UNDO_SECONDS),
        mine=closing.by_id == user.pk,
        by=str(closing.by),
    )
