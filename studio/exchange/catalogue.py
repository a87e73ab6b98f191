"""After an upgrade: the built-in rules as shipped before, as shipped now, and as they are here.

`load_rules` has brought new rules and newer versions of those that nobody edited into the rule
book. What is left is a matter for people: rules edited here whose shipped definition moved on, and
whatever stands in the book but not in force. Both go into one change set.
"""

from dataclasses import dataclass, field

from django.db import transaction

from foundation.models import User
from foundation.permissions import require
from rules.catalogue import BuiltIn, built_in_rules
from rules.definition import Definition, PublishedRule
from rules.models import Rule
from rules.queries import PUBLISHED_STATES, published_snapshot
from studio.changes.editing import (
    EDIT,
    bump,
    create_change_set,
    lock_draft,
)
from studio.changes.errors import ChangeRefused
from studio.changes.merging import merge
from studio.changes.timeline import note_down
from studio.changes.writing import begin_with_rule
from studio.models.changes import ChangeEdit, ChangeSet

TITLE = "Built-in rules of this release"


@dataclass(slots=True)
class Merged:
    """Codes by what became of them; `change_set` holds the first three."""

    change_set: ChangeSet
    followed: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@transaction.atomic
def merge_catalogue(*, by: User) -> Merged:
    """A draft that brings what is shipped now together with what was edited here.

    Rules that nobody edited follow. Of edited ones only those fields change that were not edited
    here; a field that both changed waits for somebody to choose, ours standing meanwhile. Raises
    ChangeRefused when there is nothing to do.
    """
    require(by, EDIT)
    change_set = create_change_set(by=by, title=TITLE, origin=ChangeSet.Origin.CATALOGUE)
    locked = lock_draft(change_set)
    done = Merged(locked)
    rules = Rule.objects.select_related("current").filter(builtin=True)
    by_code = {rule.code: rule for rule in rules}
    snapshot = published_snapshot()
    published = {rule.code: rule for rule in snapshot.rules} if snapshot else {}
    for built_in in built_in_rules():
        rule = by_code.get(built_in.code)
        if rule is not None:
            _bring_together(done, built_in, rule, published.get(rule.code), by)
    if not locked.edits.exists():
        raise ChangeRefused("Everything that is shipped is in force already, or kept as edited.")
    bump(locked)
    told = (
        f"{len(done.followed)} follow, {len(done.merged)} merged, {len(done.conflicts)} to choose"
    )
    note_down(locked, "merged", by, told)
    return done


def _bring_together(
    done: Merged, built_in: BuiltIn, rule: Rule, published: PublishedRule | None, by: User
) -> None:
    shipped, here = built_in.definition, rule.version.definition
    before = Definition.load(rule.shipped) if rule.shipped else shipped
    if here.fingerprint in (shipped.fingerprint, before.fingerprint):
        if here.fingerprint != shipped.fingerprint or _waits(rule, published):
            _put(done, rule, shipped, {}, by)
            done.followed.append(rule.code)
    elif before.fingerprint == shipped.fingerprint:
        done.kept.append(rule.code)
    else:
        sides = [side.as_dict() for side in (before, here, shipped)]
        merged, conflicts = merge(*sides)
        _put(done, rule, Definition.load(merged), conflicts, by, shipped)
        (done.conflicts if conflicts else done.merged).append(rule.code)


def _waits(rule: Rule, published: PublishedRule | None) -> bool:
    """Whether the book has it otherwise than the ruleset in force."""
    if rule.state not in PUBLISHED_STATES:
        return False
    return published is None or published.version != rule.version.number


def _put(
    done: Merged,
    rule: Rule,
    definition: Definition,
    conflicts: dict[str, dict[str, object]],
    by: User,
    shipped: Definition | None = None,
) -> None:
    edit = ChangeEdit(change_set=done.change_set, subject="rule", code=rule.code, author=by)
    begin_with_rule(edit, rule)
    edit.definition, edit.conflicts = definition.as_dict(), conflicts
    edit.shipped = (shipped or definition).as_dict()
    edit.note = "as shipped with this release"
    edit.save()
