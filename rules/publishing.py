"""Bringing rules into force: propose, approve, publish, roll back.

A proposal freezes the snapshot; what is approved is what is published. Scoring sees a publication
with its next transaction, because the pointer is part of what it reads for each.
"""

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from features.catalogue import CATALOGUE
from foundation import approvals
from foundation.audit import Actor, actor_name, record
from foundation.models import ApprovalRequest, User
from foundation.permissions import require
from rules.definition import Snapshot
from rules.diffs import RulesetDiff, diff_snapshots
from rules.engine import CompiledBook
from rules.errors import PublicationRefused
from rules.models import Proposal, Publication, Ruleset
from rules.queries import published_snapshot, working_snapshot
from rules.rolling_back import take_book_back

PUBLISH = "rules.publish"
ROLL_BACK = "rules.rollback"
MAX_EVIDENCE_LINES = 500


@transaction.atomic
def propose_publication(
    *, by: User, reason: str, evidence: dict[str, Any] | None = None
) -> Proposal:
    """Freezes the rule book as it stands and asks for approval; published at once if none is due.

    Raises PublicationRefused when nothing differs from the ruleset in force or when the snapshot
    does not compile for every vertical.
    """
    return _propose(
        by=by,
        kind=PUBLISH,
        snapshot=working_snapshot(CATALOGUE.version),
        reason=reason,
        evidence=evidence or {},
    )


@transaction.atomic
def rollback(*, to_number: int, by: User, reason: str) -> Proposal:
    """Proposes an older ruleset's snapshot as the next one; the rule book goes back with it.

    Needs the approvals that APPROVALS_REQUIRED names for "rules.rollback", or else those of a
    publication. Raises PublicationRefused, Ruleset.DoesNotExist.
    """
    target = Ruleset.objects.get(number=to_number)
    return _propose(
        by=by,
        kind=ROLL_BACK,
        snapshot=target.content,
        reason=reason,
        evidence={"rolls_back_to": to_number},
        rolls_back_to=target,
    )


def _propose(
    *,
    by: User,
    kind: str,
    snapshot: Snapshot,
    reason: str,
    evidence: dict[str, Any],
    rolls_back_to: Ruleset | None = None,
) -> Proposal:
    require(by, "rules.publish_ruleset")
    if not reason.strip():
        raise PublicationRefused("Say why: approvers and the audit trail need a reason.")
    diff = diff_snapshots(published_snapshot(), snapshot)
    if not diff:
        raise PublicationRefused("Nothing differs from the ruleset in force.")
    preflight(snapshot)
    proposal = Proposal.objects.create(
        snapshot=snapshot.as_dict(),
        base=in_force(),
        rolls_back_to=rolls_back_to,
        reason=reason,
        created_by=by,
    )
    request = approvals.request_approval(
        kind=kind,
        subject=f"rules.proposal:{proposal.pk}",
        payload={"proposal": proposal.pk, "fingerprint": snapshot.fingerprint},
        evidence={"changes": _lines(diff), **evidence},
        requested_by=by,
        reason=reason,
        required=_required(kind),
    )
    if request.state == ApprovalRequest.State.FAILED:  # nobody else had to agree, and it failed
        raise PublicationRefused(request.error)
    return proposal


def _required(kind: str) -> int:
    needed: dict[str, int] = settings.APPROVALS_REQUIRED
    return needed.get(kind, needed.get(PUBLISH, 1))


def _lines(diff: RulesetDiff) -> list[str]:
    lines = diff.words
    more = len(lines) - MAX_EVIDENCE_LINES
    return lines if more <= 0 else [*lines[:MAX_EVIDENCE_LINES], f"... and {more} more changes"]


@approvals.on_approved(PUBLISH, permission="rules.approve_ruleset")
@approvals.on_approved(ROLL_BACK, permission="rules.approve_ruleset")
def publish_approved(request: ApprovalRequest) -> None:
    """Publishes what was approved; runs once, in the transaction of the last approval."""
    proposal = Proposal.objects.get(pk=request.payload["proposal"])
    publish_ruleset(proposal=proposal, by=request.requested_by, approval=request)


@transaction.atomic
def publish_ruleset(
    *, proposal: Proposal, by: Actor, approval: ApprovalRequest | None = None
) -> Ruleset:
    """Gives the proposal's snapshot the next number and puts it in force.

    Raises PublicationRefused when another ruleset came into force since the proposal, or when the
    snapshot no longer compiles (the feature catalogue may have moved on).
    """
    lock_publication()
    base = in_force()
    if (base and base.number) != proposal.base_id:
        raise PublicationRefused(
            f"Proposed against ruleset {proposal.base_id or 'none'}, but "
            f"{base.number if base else 'none'} is in force now. Propose again."
        )
    snapshot = Snapshot.load(proposal.snapshot)
    preflight(snapshot)
    newest = Ruleset.objects.order_by("-number").first()
    ruleset = Ruleset.objects.create(
        number=newest.number + 1 if newest else 1,
        snapshot=proposal.snapshot,
        note=proposal.reason,
        based_on=base,
        rolls_back_to=proposal.rolls_back_to,
        proposal=proposal,
        approval=approval,
        created_by=by if isinstance(by, User) else None,
        created_by_name=actor_name(by),
    )
    Publication.objects.update_or_create(id=1, defaults={"ruleset": ruleset})
    if base is not None and ruleset.rolls_back_to_id is not None:
        take_book_back(before=base.content, after=snapshot, by=by, reason=ruleset.note)
    _record(ruleset, by)
    return ruleset


@transaction.atomic
def publish_first_ruleset(*, by: str) -> Ruleset:
    """Puts the rule book in force on an empty installation, where nobody is there to approve yet.

    The only way around an approval: it works once, for ruleset 1. Raises PublicationRefused.
    """
    lock_publication()
    if Ruleset.objects.exists():
        raise PublicationRefused("There is a ruleset already: propose a publication.")
    proposal = Proposal.objects.create(
        snapshot=working_snapshot(CATALOGUE.version).as_dict(),
        reason="The first ruleset, from the catalogue as shipped.",
    )
    return publish_ruleset(proposal=proposal, by=by)


def _record(ruleset: Ruleset, by: Actor) -> None:
    content = ruleset.content
    record(
        actor=by,
        action="rules.publish" if ruleset.rolls_back_to_id is None else "rules.rollback",
        subject=f"rules.ruleset:{ruleset.number}",
        before={"ruleset": ruleset.based_on_id},
        after={
            "ruleset": ruleset.number,
            "rules": len(content.rules),
            "fingerprint": content.fingerprint,
            "proposal": ruleset.proposal_id,
            "approval": ruleset.approval_id,
            "rolls_back_to": ruleset.rolls_back_to_id,
        },
        reason=ruleset.note,
    )


def preflight(snapshot: Snapshot) -> None:
    """Compiles the snapshot for every vertical. Raises PublicationRefused with what is wrong."""
    book = CompiledBook(snapshot, number=0)
    if book.broken:
        faults = "; ".join(f"{error.code}: {error.message}" for error in book.broken)
        raise PublicationRefused(f"These rules do not compile: {faults}")
    book.warm(book.configs)


def in_force() -> Ruleset | None:
    """The ruleset in force (one query)."""
    publication = Publication.objects.select_related("ruleset").first()
    return publication.ruleset if publication else None


def lock_publication() -> None:
    """Lets one publication or catalogue load happen at a time, until the transaction ends.

    A table lock, since before the first publication there is no row to lock; readers of the
    pointer are not held up.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE rules_publication IN SHARE ROW EXCLUSIVE MODE")
