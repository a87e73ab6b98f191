"""The timeline of a change set: who did what, and what they said. Written with the audit trail."""

from typing import Any

from foundation.audit import Actor, actor_name, record
from foundation.models import User
from foundation.outbox import publish
from studio.events import ChangeSetMoved
from studio.models.changes import ChangeEntry, ChangeSet

WROTE = ("created", "edited", "dropped", "merged")
"""Kinds of entries whose authors have shaped the change set: they do not approve it."""


def note_down(
    change_set: ChangeSet,
    kind: str,
    by: Actor,
    text: str = "",
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> ChangeEntry:
    """Adds the line and its audit entry in the caller's transaction."""
    record(
        actor=by,
        action=f"change_set.{kind}",
        subject=subject_of(change_set),
        before=before,
        after=after,
        reason=text,
    )
    return ChangeEntry.objects.create(
        change_set=change_set,
        by=by if isinstance(by, User) else None,
        by_name=actor_name(by),
        kind=kind,
        text=text,
    )


def tell_move(change_set: ChangeSet, by: Actor) -> None:
    """Publishes that it is in another state now."""
    told = ChangeSetMoved(
        change_set=change_set.pk,
        state=change_set.state,
        by=actor_name(by),
        ruleset=change_set.ruleset_id,
        failure=change_set.failure,
    )
    publish(told, subject=subject_of(change_set))


def authors_of(change_set: ChangeSet) -> list[int]:
    """Primary keys of all who wrote in it, dropped edits included (one query)."""
    wrote = change_set.entries.filter(kind__in=WROTE, by__isnull=False)
    return sorted(set(wrote.values_list("by", flat=True)))


def subject_of(change_set: ChangeSet) -> str:
    return f"studio.changeset:{change_set.pk}"
