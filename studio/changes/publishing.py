"""Bringing a change set into force: rule book and ruleset in one transaction, or neither."""

from django.utils import timezone as clock

from foundation.audit import Actor, actor_name
from rules.definition import Snapshot
from rules.diffs import diff_snapshots
from rules.models import Proposal, Ruleset
from rules.publishing import in_force, lock_publication, publish_ruleset
from studio.changes.applying import apply_edit
from studio.changes.editing import bump, fingerprint
from studio.changes.errors import Outdated
from studio.changes.freshness import Book, changed_in_force, stale_edits
from studio.changes.snapshots import EMPTY, as_published, with_edits
from studio.changes.timeline import note_down, tell_move
from studio.models.changes import ChangeEdit, ChangeSet


def publish_locked(change_set: ChangeSet, *, by: Actor) -> Ruleset | None:
    """Applies the edits to the rule book and publishes the ruleset in force with them.

    The caller holds the change set's row and has settled who agreed. A ruleset that came meanwhile
    and touched other rules is no hindrance: these edits go on top of it, which is noted down.
    None when only the book changes (drafts). Raises Outdated, PublicationRefused: nothing is done.
    """
    lock_publication()
    edits = list(change_set.edits.select_related("author"))
    book = Book.of(edits, lock=True)
    now = in_force()
    _check_fresh(change_set, edits, book, now)
    for edit in edits:
        apply_edit(edit, book, change_set, by)
    before = now.content if now else EMPTY
    after = with_edits(before, as_published(edits, book))
    ruleset = _publish(change_set, after, now, by) if diff_snapshots(before, after) else None
    change_set.state = ChangeSet.State.PUBLISHED
    change_set.ruleset, change_set.failure = ruleset, ""
    change_set.published_at, change_set.published_by_name = clock.now(), actor_name(by)
    bump(change_set)
    facts = {"ruleset": ruleset.number if ruleset else None, "fingerprint": fingerprint(edits)}
    note_down(change_set, "published", by, _told(change_set, ruleset, now), after=facts)
    tell_move(change_set, by)
    return ruleset


def _check_fresh(
    change_set: ChangeSet, edits: list[ChangeEdit], book: Book, now: Ruleset | None
) -> None:
    sentences = [one.words for one in stale_edits(edits, book)]
    sentences += changed_in_force(edits, change_set.base, now)
    sentences += [
        f"{edit.code}: there is still something to choose." for edit in edits if edit.conflicts
    ]
    if sentences:
        raise Outdated(" ".join(sentences) + " Open it again, merge, and propose it anew.")


def _told(change_set: ChangeSet, ruleset: Ruleset | None, before: Ruleset | None) -> str:
    if ruleset is None:
        return "Only the rule book changed; the ruleset in force stays as it is."
    base = change_set.base
    if base is None or before is None or base.number == before.number:
        return f"Ruleset {ruleset.number} is in force."
    return (
        f"Ruleset {ruleset.number} is in force. It was proposed against ruleset {base.number} and "
        f"went on top of ruleset {before.number}, which had changed other rules only."
    )


def _publish(change_set: ChangeSet, after: Snapshot, base: Ruleset | None, by: Actor) -> Ruleset:
    proposal = Proposal.objects.create(
        snapshot=after.as_dict(),
        base=base,
        reason=f"Change set {change_set.pk}, {change_set.title}: {change_set.reason}",
        created_by=change_set.proposed_by,
    )
    return publish_ruleset(proposal=proposal, by=by, approval=change_set.approval)
