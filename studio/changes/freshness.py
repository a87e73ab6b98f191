"""Whether somebody changed the same since an edit began: who, what, and how to go on from there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction

from foundation.models import AuditEntry, User
from foundation.permissions import require
from rules.definition import Definition, PublishedRule, State, VerticalConfig
from rules.diffs import Change, diff_definitions, diff_verticals
from rules.errors import StaleEdit
from rules.models import Rule, Ruleset, Vertical
from rules.services import MOVES
from studio.changes.editing import (
    EDIT,
    bump,
    lock_draft,
)
from studio.changes.errors import ChangeRefused
from studio.changes.merging import choose, merge, still_open
from studio.changes.timeline import note_down
from studio.changes.writing import base_of_rule, begin_with_rule, begin_with_vertical
from studio.models.changes import ChangeEdit, ChangeSet


@dataclass(frozen=True, slots=True)
class Stale:
    """An edit whose rule or vertical is not as it began; `who` changed it, as far as known."""

    edit: ChangeEdit
    who: str
    changes: tuple[Change, ...]

    @property
    def words(self) -> str:
        """One sentence for people."""
        what = "; ".join(map(str, self.changes)) or "it is gone"
        return f"{self.edit.code} was changed by {self.who} since this edit began: {what}."


@dataclass(slots=True)
class Book:
    """The rows of the rule book that some edits are about."""

    rules: Mapping[str, Rule]
    verticals: Mapping[str, Vertical]

    @classmethod
    def of(cls, edits: Iterable[ChangeEdit], *, lock: bool = False) -> "Book":
        """Two queries. Locked in the order of codes until the transaction ends, if wanted."""
        edits = list(edits)
        rules = Rule.objects.select_related("current").order_by("code")
        verticals = Vertical.objects.order_by("code")
        if lock:
            rules = rules.select_for_update(of=("self",))
            verticals = verticals.select_for_update()
        return cls(
            {r.code: r for r in rules.filter(code__in=[e.code for e in edits if e.of_rule])},
            {
                v.code: v
                for v in verticals.filter(code__in=[e.code for e in edits if not e.of_rule])
            },
        )


def stale_edits(edits: Iterable[ChangeEdit], book: Book) -> list[Stale]:
    """Edits that began with something else than the rule book has now. A query for each of them,
    none when all is well."""
    return [found for edit in edits if (found := _stale(edit, book)) is not None]


def _stale(edit: ChangeEdit, book: Book) -> Stale | None:
    if not edit.of_rule:
        return _stale_vertical(edit, book.verticals.get(edit.code))
    rule = book.rules.get(edit.code)
    if edit.is_new:
        if rule is None:
            return None
        return Stale(edit, rule.version.author_name, (Change("rule", "", "made meanwhile"),))
    if rule is None:
        return Stale(edit, "somebody", ())
    changes = _since(edit.began, base_of_rule(rule))
    if rule.version.number == edit.base_version and not changes:
        return None
    return Stale(edit, _who_moved(rule, edit), changes or (_renumbered(edit, rule),))


def _renumbered(edit: ChangeEdit, rule: Rule) -> Change:
    return Change("version", str(edit.base_version), str(rule.version.number))


def _since(base: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    moved = [Change("state", base["state"], now["state"])] if base["state"] != now["state"] else []
    if State.CANARY in (base["state"], now["state"]) and (
        base["canary_percent"] != now["canary_percent"]
    ):
        shares = (f"{side['canary_percent']:g} %" for side in (base, now))
        moved.append(Change("canary share", *shares))
    old, new = (Definition.load(side["definition"]) for side in (base, now))
    return (*moved, *diff_definitions(old, new))


def _who_moved(rule: Rule, edit: ChangeEdit) -> str:
    if rule.version.number != edit.base_version:
        return rule.version.author_name
    return _last_actor(f"rules.rule:{rule.code}")


def _stale_vertical(edit: ChangeEdit, vertical: Vertical | None) -> Stale | None:
    if vertical is None:
        return Stale(edit, "somebody", ())
    if vertical.revision == edit.base_version:
        return None
    changes = diff_verticals(msgspec.convert(edit.base, VerticalConfig), vertical.config)
    if not changes:  # changed there and back
        return None
    return Stale(edit, _last_actor(f"rules.vertical:{vertical.code}"), changes)


def _last_actor(subject: str) -> str:
    entry = AuditEntry.objects.filter(subject=subject).order_by("-id").first()
    return entry.actor_name if entry else "somebody"


def changed_in_force(
    edits: Iterable[ChangeEdit], base: Ruleset | None, now: Ruleset | None
) -> list[str]:
    """Sentences: what these edits touch was published otherwise since the proposal. No query."""
    if base is None or now is None or base.number == now.number:
        return []
    before, after = base.content, now.content
    rules = [{rule.code: rule for rule in side.rules} for side in (before, after)]
    verticals = [{one.code: one for one in side.verticals} for side in (before, after)]
    told = f"in ruleset {now.number} by {now.created_by_name}"
    return [
        f"{edit.code} was published otherwise {told}, since this was proposed against ruleset "
        f"{base.number}."
        for edit in edits
        if _differs(edit, *(rules if edit.of_rule else verticals))
    ]


def _differs(edit: ChangeEdit, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """What came into force meanwhile is no conflict when it is what the edit began with."""
    new = after.get(edit.code)
    if before.get(edit.code) == new:
        return False
    if isinstance(new, PublishedRule) and edit.base is not None:
        same = (new.version, new.state) == (edit.base_version, edit.base["state"])
        return not same
    if isinstance(new, VerticalConfig):
        return bool(msgspec.to_builtins(new) != edit.base)
    return True


@transaction.atomic
def rebase_edit(*, by: User, change_set: ChangeSet, edit: ChangeEdit) -> ChangeEdit:
    """Lets the edit begin with what the book has now. What only one side changed is merged; where
    both did, ours stands and the conflict waits for `resolve`.

    Raises StaleEdit when the rule is gone, or when a new rule's code was taken meanwhile.
    """
    require(by, EDIT)
    locked = lock_draft(change_set)
    found = locked.edits.get(pk=edit.pk)
    before = found.content
    if found.of_rule:
        _rebase_rule(found, Book.of([found]).rules.get(found.code))
    else:
        _rebase_vertical(found, Book.of([found]).verticals.get(found.code))
    found.save()
    bump(locked)
    note_down(
        locked, "merged", by, f"{found.code}: taken on to version {found.base_version}",
        before=before, after=found.content,
    )  # fmt: skip
    return found


def _rebase_rule(edit: ChangeEdit, rule: Rule | None) -> None:
    if rule is None:
        raise StaleEdit(f"There is no rule {edit.code} any more.")
    if edit.is_new:
        raise StaleEdit(f"A rule {edit.code} was made meanwhile: give yours another code.")
    base = edit.began["definition"]
    begin_with_rule(edit, rule)
    if edit.definition is not None:
        _merge_content(edit, base, edit.began["definition"])
    here = State(rule.state)
    if edit.state == here and edit.state != State.CANARY:
        edit.state = ""
    elif edit.state and edit.state != here and State(edit.state) not in MOVES[here]:
        raise StaleEdit(f"{edit.code} is {here} now: it cannot become {edit.state}. Drop the move.")


def _rebase_vertical(edit: ChangeEdit, vertical: Vertical | None) -> None:
    if vertical is None:
        raise StaleEdit(f"There is no vertical {edit.code} any more.")
    base = edit.began
    begin_with_vertical(edit, vertical)
    _merge_content(edit, base, edit.began)


def _merge_content(edit: ChangeEdit, base: dict[str, Any], theirs: dict[str, Any]) -> None:
    """What waited for a choice before waits on: that `theirs` says it still is no consent."""
    merged, conflicts = merge(base, edit.definition or {}, theirs)
    edit.conflicts = still_open(edit.conflicts, merged, edit.shipped or theirs) | conflicts
    edit.definition = merged


@transaction.atomic
def resolve(
    *, by: User, change_set: ChangeSet, edit: ChangeEdit, choices: Mapping[str, str]
) -> ChangeEdit:
    """Settles conflicts: for each field "ours" (the edit's) or "theirs" (what came meanwhile).

    Fields that are not named stay open. Raises ChangeRefused for a field without a conflict.
    """
    require(by, EDIT)
    locked = lock_draft(change_set)
    found = locked.edits.get(pk=edit.pk)
    before = found.content
    for field, side in choices.items():
        if field not in found.conflicts or side not in ("ours", "theirs"):
            raise ChangeRefused(f"{found.code}: there is nothing to choose for {field[:80]}.")
        conflict = found.conflicts.pop(field)
        found.definition = choose(found.definition or {}, field, conflict[side])
    found.save()
    bump(locked)
    note_down(
        locked, "merged", by, f"{found.code}: chose " + ", ".join(sorted(choices)),
        before=before, after=found.content,
    )  # fmt: skip
    return found
