"""Asking for approval of a change set, and what becomes of it when the votes are in."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from foundation import approvals
from foundation.audit import Actor
from foundation.models import ApprovalRequest, User
from foundation.permissions import require
from rules.errors import Finding, Invalid
from rules.publishing import PUBLISH, in_force
from studio.changes.editing import EDIT, bump, fingerprint, lock, lock_draft
from studio.changes.errors import ChangeRefused, EvidenceStale
from studio.changes.evidence import standing
from studio.changes.preflight import Preflight, look_over
from studio.changes.publishing import publish_locked
from studio.changes.timeline import authors_of, note_down, subject_of, tell_move
from studio.models.changes import ChangeSet

PROPOSE: Final = "rules.publish_ruleset"
APPROVE: Final = "rules.approve_ruleset"
KIND: Final = "rules.change_set"
OPEN_FOR: Final = timedelta(days=14)
LONGEST_WAIT: Final = timedelta(days=60)
State = ChangeSet.State


@transaction.atomic
def propose(
    *,
    by: User,
    change_set: ChangeSet,
    reason: str,
    publish_at: datetime | None = None,
    revision: int | None = None,
) -> ChangeSet:
    """Freezes the draft and asks others to approve it; published at once where none is needed.

    With `publish_at` it takes force then, once approved. Sent twice, the second is refused.
    Raises Invalid, ChangeRefused with what the pre-flight found, EvidenceStale, Outdated.
    """
    require(by, PROPOSE)
    locked = lock_draft(change_set, revision)
    _check(reason, publish_at)
    found = look_over(locked)
    if found.errors:
        raise ChangeRefused(
            " ".join(f"{one.code}: {one.words}".removeprefix(": ") for one in found.errors)
        )
    _check_evidence(locked, found)
    locked.state, locked.base = State.PROPOSED, in_force()
    locked.preflight = found.as_dict()
    locked.proposed_by, locked.proposed_at = by, clock.now()
    locked.reason, locked.publish_at = reason.strip(), publish_at
    locked.failure = ""
    bump(locked)
    note_down(locked, "proposed", by, reason.strip(), after={"state": locked.state})
    tell_move(locked, by)
    return _ask(locked, by, found)


def _ask(change_set: ChangeSet, by: User, found: Preflight) -> ChangeSet:
    """Raises what publishing refuses where nobody else has to agree: then it stays a draft."""
    if (votes := required_votes()) == 0:
        _approved(change_set, by)
        return change_set
    request = approvals.request_approval(
        kind=KIND,
        subject=subject_of(change_set),
        payload={
            "change_set": change_set.pk,
            "fingerprint": fingerprint(change_set.edits.all()),
            "authors": authors_of(change_set),
        },
        evidence={"title": change_set.title, "changes": list(found.changes)},
        requested_by=by,
        reason=change_set.reason,
        required=votes,
    )
    change_set.approval = request
    change_set.save()
    return change_set


def required_votes() -> int:
    """How many other people: APPROVALS_REQUIRED of "rules.change_set", else of "rules.publish"."""
    needed: dict[str, int] = settings.APPROVALS_REQUIRED
    return int(needed.get(KIND, needed.get(PUBLISH, 1)))


def end_proposal(request: ApprovalRequest, by: Actor, why: str) -> None:
    """The request ended without being carried out; the edits stay as they are."""
    locked = lock(ChangeSet(pk=request.payload["change_set"]))
    if locked.approval_id != request.pk:
        return
    ended = ApprovalRequest.State
    states = {
        ended.REJECTED: State.REJECTED,
        ended.CANCELLED: State.WITHDRAWN,
        ended.EXPIRED: State.WITHDRAWN,
        ended.FAILED: State.FAILED,
    }
    locked.state = states[ended(request.state)]
    locked.failure = why if locked.state == State.FAILED else ""
    bump(locked)
    note_down(locked, locked.state, by, why, after={"state": locked.state})
    tell_move(locked, by)


@approvals.on_approved(
    KIND,
    permission=APPROVE,
    open_for=OPEN_FOR,
    ended=end_proposal,
)
def carry_out(request: ApprovalRequest) -> None:
    """Runs once, in the transaction of the last approval: publishes, or waits for the time."""
    locked = lock(ChangeSet(pk=request.payload["change_set"]))
    if locked.approval_id != request.pk or locked.state not in (State.PROPOSED, State.FAILED):
        raise ChangeRefused("The change set was taken back or proposed anew since this request.")
    if request.payload["fingerprint"] != fingerprint(locked.edits.all()):
        raise ChangeRefused("The edits are others than those that were approved.")
    _approved(locked, request.requested_by)


def _approved(change_set: ChangeSet, by: User) -> None:
    """The votes are in."""
    if change_set.publish_at is not None and change_set.publish_at > clock.now():
        change_set.state = State.SCHEDULED
        bump(change_set)
        when = f"{change_set.publish_at:%Y-%m-%d %H:%M %Z}"
        note_down(change_set, "scheduled", by, when, after={"state": change_set.state})
        tell_move(change_set, by)
    else:
        publish_locked(change_set, by=by)


def withdraw(*, by: User, change_set: ChangeSet, reason: str = "") -> ChangeSet:
    """Takes it back: a draft is laid aside, a request for approval is cancelled (by who asked), a
    planned publication is called off. Raises ChangeRefused when it is too late."""
    require(by, PROPOSE)
    if change_set.state == State.PROPOSED and change_set.approval is not None:
        # The request's row is locked first, as by those who vote.
        approvals.cancel(request=change_set.approval, by=by)
        return ChangeSet.objects.get(pk=change_set.pk)
    with transaction.atomic():
        locked = lock(change_set)
        if locked.state not in (State.DRAFT, State.SCHEDULED):
            raise ChangeRefused(f"It {locked.stands}: there is nothing to withdraw.")
        locked.state = State.WITHDRAWN
        bump(locked)
        note_down(locked, "withdrawn", by, reason.strip(), after={"state": locked.state})
        tell_move(locked, by)
    return locked


@transaction.atomic
def reopen(*, by: User, change_set: ChangeSet) -> ChangeSet:
    """Makes a draft again of what was rejected, withdrawn or not published; all edits are there."""
    require(by, PROPOSE)
    locked = lock(change_set)
    if locked.state not in (State.REJECTED, State.WITHDRAWN, State.FAILED):
        raise ChangeRefused(f"It {locked.stands}, so it cannot be opened again.")
    locked.state, locked.approval, locked.failure = State.DRAFT, None, ""
    locked.publish_at = None
    bump(locked)
    note_down(locked, "reopened", by, after={"state": locked.state})
    return locked


@transaction.atomic
def comment(*, by: User, change_set: ChangeSet, text: str) -> None:
    """Adds a line that everybody reads who sees the change set. Raises Invalid, and Forbidden for
    who neither edits nor approves."""
    if not may_comment(by):
        require(by, EDIT)
    text = text.strip()
    if not text or len(text) > 10_000 or "\0" in text:
        raise Invalid([Finding("text", "Write 1 to 10,000 characters.")])
    note_down(change_set, "comment", by, text)


def may_comment(by: User) -> bool:
    return by.has_perm(EDIT) or by.has_perm(APPROVE)


def _check(reason: str, publish_at: datetime | None) -> None:
    findings = []
    if not reason.strip() or "\0" in reason:
        findings.append(Finding("reason", "Say why: approvers and the audit trail need a reason."))
    if publish_at is not None and publish_at.tzinfo is None:
        findings.append(Finding("publish_at", "A time without a zone says no moment."))
    elif publish_at is not None:
        now = clock.now()
        if not now < publish_at <= now + LONGEST_WAIT:
            findings.append(Finding("publish_at", "Choose a time within the next 60 days."))
    if findings:
        raise Invalid(findings)


def _check_evidence(change_set: ChangeSet, found: Preflight) -> None:
    """What changes nothing that is in force (drafts) has nothing to show for it."""
    held = standing(change_set)
    if held == "stale":
        raise EvidenceStale(
            "The edits were changed after the backtest: run it again, or remove it."
        )
    if held == "none" and found.changes and settings.CHANGE_SET_EVIDENCE == "required":
        raise EvidenceStale("A backtest must be attached before it is proposed.")
