"""The audit trail: writing entries. Sealing and verifying them is `foundation/audit_chain.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foundation.logging import request_id_var
from foundation.models import AuditEntry, User

Actor = User | str | None


def actor_name(actor: Actor) -> str:
    """The name that the trail keeps: a person's user name, or which part of the system acted."""
    if isinstance(actor, User):
        return actor.get_username()
    return actor or "system"


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    institution_id: int | None = None,
    request_id: str = "",
) -> AuditEntry:
    """Adds one entry in the caller's transaction, with one INSERT and no lock.

    `action` as "rules.publish", `subject` as "rules.rule:high_amount". `before` and `after` hold
    the changed values only, and never personal data: name a person by masked or internal id. The
    request's id is taken from the running request when none is given.
    """
    entry = Entry(actor, action, subject, before, after, reason, institution_id)
    row = _row(entry, request_id)
    row.save(force_insert=True)
    return row


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry for `record_all`; see `record` for what its fields hold."""

    actor: Actor
    action: str
    subject: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str = ""
    institution_id: int | None = None


def record_all(entries: Iterable[Entry]) -> None:
    """Adds many entries in the caller's transaction, with one INSERT."""
    AuditEntry.objects.bulk_create([_row(entry, "") for entry in entries])


def _row(entry: Entry, request_id: str) -> AuditEntry:
    return AuditEntry(
        actor=entry.actor if isinstance(entry.actor, User) else None,
        actor_name=actor_name(entry.actor)[:150],
        action=entry.action,
        subject=entry.subject,
        before=entry.before,
        after=entry.after,
        reason=entry.reason,
        institution_id=entry.institution_id,
        request_id=request_id or request_id_var.get(),
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides reduced to what differs, as `record` wants them."""
    names = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    return {n: before.get(n) for n in names}, {n: after.get(n) for n in names}
