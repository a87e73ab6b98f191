"""The audit trail: writing entries. Sealing and verifying them is `foundation/audit_chain.py`."""

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
    return AuditEntry.objects.create(
        actor=actor if isinstance(actor, User) else None,
        actor_name=actor_name(actor)[:150],
        action=action,
        subject=subject,
        before=before,
        after=after,
        reason=reason,
        institution_id=institution_id,
        request_id=request_id or request_id_var.get(),
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides reduced to what differs, as `record` wants them."""
    names = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    return {n: before.get(n) for n in names}, {n: after.get(n) for n in names}
