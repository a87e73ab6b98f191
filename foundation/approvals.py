"""Consent of other people before something happens, for any room.

A room registers what happens when a request is approved:

    @on_approved("rules.publish", permission="rules.approve_ruleset")
    def publish(request: ApprovalRequest) -> None: ...

and asks with `request_approval`. Evidence is opaque JSON that the approvers are shown. Nobody
approves what they asked for, and everybody votes once. A payload that names an "institution" keeps
the request among those who work for it. The last vote needed and the execution are
one transaction under a lock on the request: it is executed once. If the execution raises, its work
is undone, the votes stay, and the request is "approved, but failed": `execute` tries again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from foundation import audit
from foundation.errors import Conflict, Forbidden, Problem
from foundation.logging import redact
from foundation.models import ApprovalRequest, ApprovalVote, User
from foundation.permissions import require
from foundation.roles import ROLES
from foundation.scopes import people_seeing, sees_institution, visible_institutions

log = logging.getLogger(__name__)

VOTE = "foundation.vote_approvalrequest"
State = ApprovalRequest.State
Executor = Callable[[ApprovalRequest], None]
Ended = Callable[[ApprovalRequest, audit.Actor, str], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of request needs: `permission` to vote, besides foundation's own."""

    name: str
    permission: str
    open_for: timedelta
    execute: Executor
    ended: Ended | None


_kinds: dict[str, Kind] = {}


def on_approved(
    kind: str,
    *,
    permission: str,
    open_for: timedelta = timedelta(days=14),
    ended: Ended | None = None,
) -> Callable[[Executor], Executor]:
    """Registers what is executed; voters need `permission` as well as `vote_approvalrequest`.

    `ended` is told, within the same transaction, of a request that ended without being executed:
    rejected, taken back, expired or failed; by whom, and the comment or error.
    """

    def register(execute: Executor) -> Executor:
        if kind in _kinds:
            raise TypeError(f"The approval kind {kind} is registered twice.")
        _kinds[kind] = Kind(kind, permission, open_for, execute, ended)
        return execute

    return register


def required_votes(kind: str) -> int:
    """How many people besides the proposer, from settings.APPROVALS_REQUIRED; 1 by default."""
    return int(settings.APPROVALS_REQUIRED.get(kind, 1))


def request_approval(
    *,
    kind: str,
    subject: str,
    payload: dict[str, Any],
    evidence: dict[str, Any],
    requested_by: User,
    reason: str,
    required: int | None = None,
) -> ApprovalRequest:
    """Stores the request and returns it. When nobody's consent is needed, it is executed at once.

    The caller has checked that `requested_by` may ask for this. People whose keys the payload names
    as `authors` made what is asked for, and have no vote on it either.
    """
    registered = _kinds[kind]
    with transaction.atomic():
        request = ApprovalRequest.objects.create(
            kind=kind,
            subject=subject,
            payload=payload,
            evidence=evidence,
            reason=reason,
            requested_by=requested_by,
            required=required_votes(kind) if required is None else required,
            expires_at=clock.now() + registered.open_for,
        )
        _record(request, requested_by, "requested", reason)
        if not request.required:
            _execute(request, requested_by)
    return request


def approve(*, request: ApprovalRequest, by: User, comment: str = "") -> ApprovalRequest:
    """Adds a consent; the last one that is needed executes the request."""
    with transaction.atomic():
        locked = _vote(request, by, approves=True, comment=comment)
        if locked.votes.filter(approves=True).count() >= locked.required:
            _execute(locked, by)
    return locked


def reject(*, request: ApprovalRequest, by: User, comment: str) -> ApprovalRequest:
    """One refusal ends the request; it needs a comment, for the proposer to learn why."""
    if not comment.strip():
        raise Conflict("Say why the request is rejected.", type="comment-missing")
    with transaction.atomic():
        locked = _vote(request, by, approves=False, comment=comment)
        _close(locked, State.REJECTED)
        _tell_end(locked, by, comment)
    return locked


def cancel(*, request: ApprovalRequest, by: User) -> ApprovalRequest:
    """The proposer takes the request back."""
    with transaction.atomic():
        locked = _lock_open(request)
        if locked.requested_by_id != by.pk:
            raise Forbidden("Only who made the request can take it back.", type="not-yours")
        _close(locked, State.CANCELLED)
        _record(locked, by, "cancelled")
        _tell_end(locked, by, "taken back")
    return locked


def execute(*, request: ApprovalRequest, by: User) -> ApprovalRequest:
    """Tries again what was approved but failed. Open to the proposer and to those who may vote."""
    with transaction.atomic():
        locked = _lock(request)
        if locked.state != State.FAILED:
            raise Conflict("Only a request that failed can be tried again.", type="not-failed")
        if not may_execute(by, locked):
            raise Forbidden("Only the proposer and those who may vote try again.", type="not-yours")
        _execute(locked, by)
    return locked


def expire_approvals() -> int:
    """Closes requests that nobody decided in time; how many."""
    overdue = ApprovalRequest.objects.filter(state=State.PENDING, expires_at__lte=clock.now())
    count = 0
    with transaction.atomic():
        for request in overdue.select_for_update(skip_locked=True, of=("self",)):
            _close(request, State.EXPIRED)
            _record(request, "approvals", "expired")
            _tell_end(request, "approvals", "nobody decided in time")
            count += 1
    return count


def require_vote(user: User, kind: str) -> None:
    """Raises Forbidden unless the person may decide on requests of this kind."""
    require(user, VOTE)
    if kind in _kinds:
        require(user, _kinds[kind].permission)


def seen_by(user: User) -> Q:
    """Which requests the person sees: those of no institution, and of those they work for."""
    visible = visible_institutions(user)
    if visible is None:
        return Q()
    return ~Q(payload__has_key="institution") | Q(payload__institution__in=visible)


def may_vote(user: User, request: ApprovalRequest) -> bool:
    """Whether the buttons are shown; `approve` and `reject` ask again under a lock."""
    return (
        request.is_open(clock.now())
        and sees_institution(user, _institution(request))
        and user.pk not in _makers(request)
        and _has_vote(user, request.kind)
        and not request.votes.filter(voter=user).exists()
    )


def voters(request: ApprovalRequest) -> list[User]:
    """The people whose vote the request waits for, by name; one query. Empty when it is no longer
    open, or when nobody besides who asked has the right."""
    if not request.is_open(clock.now()):
        return []
    able = User.objects.with_perm(VOTE).exclude(pk__in=_makers(request))
    if request.kind in _kinds:
        able &= User.objects.with_perm(_kinds[request.kind].permission)
    able = able.filter(people_seeing(_institution(request)))
    return list(able.exclude(pk__in=request.votes.values("voter")).order_by("username"))


def _institution(request: ApprovalRequest) -> int | None:
    found: int | None = request.payload.get("institution")
    return found


def _makers(request: ApprovalRequest) -> set[int]:
    """Who asked, and who made what is asked for: nobody decides on their own work."""
    return {request.requested_by_id, *request.payload.get("authors", ())}


def waiting_requests(seen: Q = Q()) -> QuerySet[ApprovalRequest]:  # noqa: B008  (unchangeable)
    """Requests on which votes still count."""
    return ApprovalRequest.objects.filter(seen, state=State.PENDING, expires_at__gt=clock.now())


def waiting_for(user: User) -> QuerySet[ApprovalRequest]:
    """Those of them on which this person may vote."""
    kinds = [kind for kind in _kinds if _has_vote(user, kind)]
    mine = waiting_requests().filter(seen_by(user), kind__in=kinds).exclude(requested_by=user)
    mine = mine.filter(~Q(payload__has_key="authors") | ~Q(payload__authors__contains=user.pk))
    return mine.exclude(votes__voter=user)


def voting_roles(kind: str) -> list[str]:
    """The roles that may vote on requests of this kind, as people call them."""
    needed = {VOTE, _kinds[kind].permission} if kind in _kinds else {VOTE}
    return [role.replace("_", " ") for role, names in ROLES.items() if needed <= set(names)]


def may_execute(user: User, request: ApprovalRequest) -> bool:
    """Whether the person may try again what was approved but failed."""
    if request.state != State.FAILED or not sees_institution(user, _institution(request)):
        return False
    return request.requested_by_id == user.pk or _has_vote(user, request.kind)


def _has_vote(user: User, kind: str) -> bool:
    try:
        require_vote(user, kind)
    except Forbidden:
        return False
    return True


def _vote(request: ApprovalRequest, by: User, *, approves: bool, comment: str) -> ApprovalRequest:
    require_vote(by, request.kind)
    if not sees_institution(by, _institution(request)):
        raise Forbidden("It is a request of an institution that is not yours.", type="not-yours")
    locked = _lock_open(request)
    if locked.requested_by_id == by.pk:
        raise Forbidden("Nobody decides on their own request.", type="self-approval")
    if by.pk in _makers(locked):
        raise Forbidden("Nobody decides on what they wrote themselves.", type="self-approval")
    if locked.votes.filter(voter=by).exists():
        raise Conflict("You have voted on this request.", type="voted-already")
    ApprovalVote.objects.create(request=locked, voter=by, approves=approves, comment=comment)
    _record(locked, by, "approved" if approves else "rejected", comment)
    return locked


def _lock(request: ApprovalRequest) -> ApprovalRequest:
    """The row as it is now, locked until the transaction ends: votes come one after another."""
    return ApprovalRequest.objects.select_for_update().get(pk=request.pk)


def _lock_open(request: ApprovalRequest) -> ApprovalRequest:
    locked = _lock(request)
    if not locked.is_open(clock.now()):
        late = locked.state == State.PENDING
        state = State.EXPIRED.label if late else locked.get_state_display()
        raise Conflict(f"The request is no longer open: {state.lower()}.", type="not-open")
    return locked


def _close(request: ApprovalRequest, state: ApprovalRequest.State) -> None:
    request.state = state
    request.decided_at = clock.now()
    request.save(update_fields=["state", "decided_at"])


def _execute(request: ApprovalRequest, by: User) -> None:
    try:
        with transaction.atomic():
            _kinds[request.kind].execute(request)
    except Exception as error:
        log.exception("An approved request failed", extra={"kind": request.kind})
        request.state = State.FAILED
        said = error.detail if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
        request.error = redact(said)[:2000]
    else:
        request.state, request.error = State.EXECUTED, ""
        request.executed_at = clock.now()
    request.decided_at = request.decided_at or clock.now()
    request.save(update_fields=["state", "error", "decided_at", "executed_at"])
    _record(request, by, request.state)
    if request.state == State.FAILED:
        _tell_end(request, by, request.error)


def _tell_end(request: ApprovalRequest, by: audit.Actor, why: str) -> None:
    kind = _kinds.get(request.kind)
    if kind is not None and kind.ended is not None:
        kind.ended(request, by, why)


def _record(request: ApprovalRequest, actor: audit.Actor, happening: str, reason: str = "") -> None:
    audit.record(
        actor=actor,
        action=f"approval.{happening}",
        subject=f"foundation.approvalrequest:{request.pk}",
        after={"kind": request.kind, "subject": request.subject, "state": request.state},
        reason=reason,
    )
