"""Drafts: what people put into a change set and take out again.

Every change takes the change set's row first, so that two people who write at once come one after
the other, and checks that it is still a draft.
"""

import hashlib
import json
from collections.abc import Iterable

from django.db import transaction

from foundation.models import User
from foundation.permissions import require
from rules.errors import Finding, Invalid
from studio.changes.errors import ChangeRefused, Outdated
from studio.changes.timeline import note_down
from studio.changes.wishes import NewRule, VerticalEdit, Wish
from studio.changes.writing import edit_for, write
from studio.models.changes import ChangeEdit, ChangeSet

EDIT = "rules.change_rule"
NEW = "rules.add_rule"
VERTICAL = "rules.change_vertical"
MOST_EDITS = 500


@transaction.atomic
def create_change_set(
    *,
    by: User,
    title: str,
    description: str = "",
    origin: ChangeSet.Origin = ChangeSet.Origin.PEOPLE,
) -> ChangeSet:
    """A new, empty draft. Raises Invalid."""
    _require_any(by)
    title, description = _check_words(title, description)
    change_set = ChangeSet.objects.create(
        title=title, description=description, origin=origin, created_by=by
    )
    note_down(change_set, "created", by, after={"title": title, "origin": origin.value})
    return change_set


@transaction.atomic
def describe(
    *, by: User, change_set: ChangeSet, title: str, description: str, revision: int | None = None
) -> ChangeSet:
    """Gives a draft another title and description. Raises Invalid, Outdated, ChangeRefused."""
    _require_any(by)
    locked = lock_draft(change_set, revision)
    before = {"title": locked.title, "description": locked.description}
    locked.title, locked.description = _check_words(title, description)
    bump(locked)
    after = {"title": locked.title, "description": locked.description}
    note_down(locked, "edited", by, "title and description", before=before, after=after)
    return locked


@transaction.atomic
def put_edit(
    *, by: User, change_set: ChangeSet, wish: Wish, revision: int | None = None
) -> ChangeEdit:
    """Puts the wish into the draft; one for the same rule joins the edit that is there.

    `revision` is that of the change set which the form showed. Sent twice, the second changes
    nothing. Raises Invalid with every finding, StaleEdit or Outdated when the rule or the draft
    changed since, IllegalMove, ChangeRefused.
    """
    require(by, _permission(wish))
    locked = lock_draft(change_set, revision)
    edit = edit_for(locked, wish, by)
    before = None if edit.pk is None else edit.content
    held = edit.conflicts
    write(edit, wish)
    note = wish.note.strip() or edit.note
    if (before, held, edit.note) == (edit.content, edit.conflicts, note):
        return edit
    edit.author, edit.note = by, note
    if edit.pk is None and locked.edits.count() >= MOST_EDITS:
        raise ChangeRefused(f"A change set has {MOST_EDITS} edits at most; begin another one.")
    edit.save()
    bump(locked)
    note_down(
        locked, "edited", by, f"{edit.code}: {wish.note.strip()}".rstrip(": "),
        before=before, after=edit.content,
    )  # fmt: skip
    return edit


@transaction.atomic
def drop_edit(
    *, by: User, change_set: ChangeSet, edit: ChangeEdit, revision: int | None = None
) -> ChangeSet:
    """Takes an edit out of a draft; the audit trail keeps it. Dropped already: nothing happens."""
    _require_any(by)
    locked = lock_draft(change_set, revision)
    found = locked.edits.filter(pk=edit.pk).first()
    if found is not None:
        note_down(locked, "dropped", by, found.code, before=found.content)
        found.delete()
        bump(locked)
    return locked


def lock_draft(change_set: ChangeSet, revision: int | None = None) -> ChangeSet:
    """The row, locked until the transaction ends. Raises ChangeRefused unless it is a draft, and
    Outdated when `revision` is no longer its own."""
    locked = lock(change_set)
    if not locked.is_draft:
        raise ChangeRefused(f"It {locked.stands}: only a draft can be edited. Take it back first.")
    if revision is not None and locked.revision != revision:
        last = locked.entries.last()
        who = f" by {last.by_name}: {last.text or last.kind}" if last else ""
        raise Outdated(f"The change set was changed meanwhile{who}. Look at it again.")
    return locked


def lock(change_set: ChangeSet) -> ChangeSet:
    return ChangeSet.objects.select_for_update(of=("self",)).get(pk=change_set.pk)


def bump(change_set: ChangeSet) -> None:
    """Something in it changed."""
    change_set.revision += 1
    change_set.save()


def fingerprint(edits: Iterable[ChangeEdit]) -> str:
    """Hexadecimal SHA-256 over what the edits do, whatever they began with."""
    contents = sorted((edit.content for edit in edits), key=lambda c: (c["subject"], c["code"]))
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def _permission(wish: Wish) -> str:
    return {NewRule: NEW, VerticalEdit: VERTICAL}.get(type(wish), EDIT)


def _require_any(by: User) -> None:
    """Whoever may write some kind of edit may write about a change set."""
    if not (by.has_perm(NEW) or by.has_perm(VERTICAL)):
        require(by, EDIT)


def _check_words(title: str, description: str) -> tuple[str, str]:
    title, description = title.strip(), description.strip()
    findings = []
    if not title:
        findings.append(Finding("title", "It needs a title."))
    if len(title) > 120:
        findings.append(Finding("title", f"At most 120 characters, not {len(title)}."))
    if len(description) > 10_000:
        findings.append(Finding("description", "At most 10,000 characters."))
    if "\0" in title + description:
        findings.append(Finding("title", "It holds a character that cannot be stored."))
    if findings:
        raise Invalid(findings)
    return title, description
