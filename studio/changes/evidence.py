"""A backtest's result, frozen into the change set, and whether it still is about these edits."""

import logging
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone as clock

from foundation.errors import Forbidden
from foundation.models import User
from foundation.permissions import require
from rules.queries import published_number
from studio.backtest.services import evidence_of
from studio.changes.editing import EDIT, fingerprint, lock_draft
from studio.changes.errors import ChangeRefused, EvidenceStale
from studio.changes.timeline import note_down
from studio.models import Backtest
from studio.models.changes import ChangeSet

log = logging.getLogger(__name__)

Standing = Literal["none", "fresh", "stale"]


@transaction.atomic
def attach_evidence(*, by: User, change_set: ChangeSet, evidence: dict[str, Any]) -> ChangeSet:
    """Freezes what a backtest of the edits as they stand now said; takes the place of an older one.

    It is told as held against the ruleset that it names, else the one in force. Raises
    ChangeRefused unless it is a draft.
    """
    require(by, EDIT)
    locked = lock_draft(change_set)
    against = evidence.get("ruleset_number") or published_number()
    locked.evidence = {**evidence, "against_ruleset": against}
    locked.evidence_fingerprint = fingerprint(locked.edits.all())
    locked.evidence_at = clock.now()
    locked.save()
    note_down(locked, "evidence", by, "backtest attached")
    return locked


@transaction.atomic
def note_trial(*, by: User, change_set: ChangeSet, trial: Backtest, tried: str) -> ChangeSet:
    """Remembers the backtest of the draft's edits; `tried` is their fingerprint when it began.

    `take_trial` makes evidence of it. Raises ChangeRefused unless it is a draft.
    """
    require(by, EDIT)
    locked = lock_draft(change_set)
    locked.trial, locked.trial_fingerprint = trial, tried
    locked.save()
    note_down(locked, "tried", by, "backtest begun")
    return locked


@transaction.atomic
def take_trial(*, by: User, change_set: ChangeSet) -> ChangeSet:
    """Freezes the result of the latest backtest into it; taken twice, it is attached once.

    Raises ChangeRefused until it is done, and EvidenceStale when the edits changed since. They are
    compared under the draft's lock, so that nobody's edit slips in between.
    """
    require(by, EDIT)
    locked = lock_draft(change_set)
    trial = locked.trial
    if trial is None or trial.state != trial.State.DONE:
        raise ChangeRefused("There is no finished backtest of it.")
    if locked.trial_fingerprint != fingerprint(locked.edits.all()):
        raise EvidenceStale("The edits were changed after this backtest: run it again.")
    held = locked.evidence or {}
    same = locked.evidence_fingerprint == locked.trial_fingerprint
    if same and held.get("backtest") == str(trial.pk):
        return locked
    return attach_evidence(by=by, change_set=locked, evidence=evidence_of(trial))


def attach_finished(trial: UUID) -> None:
    """Freezes a worker's result into the draft that waits for it; nothing, when it is no draft any
    more, its edits changed since, or the backtest failed."""
    waiting = ChangeSet.objects.filter(trial=trial, state=ChangeSet.State.DRAFT)
    for change_set in waiting.select_related("trial__by"):
        held = change_set.trial
        if held is None or held.state != held.State.DONE:
            continue
        try:
            take_trial(by=held.by, change_set=change_set)
        except (ChangeRefused, EvidenceStale, Forbidden) as error:
            log.info("Backtest %s is not attached: %s", trial, error.detail)


@transaction.atomic
def drop_evidence(*, by: User, change_set: ChangeSet) -> ChangeSet:
    """Proposing without one is allowed, unless CHANGE_SET_EVIDENCE asks for it; approvers are
    told."""
    require(by, EDIT)
    locked = lock_draft(change_set)
    locked.evidence, locked.evidence_at, locked.evidence_fingerprint = None, None, ""
    locked.save()
    note_down(locked, "evidence", by, "backtest removed")
    return locked


def standing(change_set: ChangeSet) -> Standing:
    """Stale: the edits are others than those that were tried. One query."""
    if change_set.evidence is None:
        return "none"
    is_same = change_set.evidence_fingerprint == fingerprint(change_set.edits.all())
    return "fresh" if is_same else "stale"
