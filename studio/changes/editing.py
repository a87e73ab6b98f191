"""Drafts: what people put into a change set and take out again.

Every change takes the change set's row first, so that two people who write at once come one after
the other, and checks that it is still a draft.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.db import transaction

from foundation.models import User
from foundation.permissions import require
from rules.checking import check_definition
from rules.definition import Definition, State
from rules.errors import Finding, IllegalMove, Invalid, StaleEdit
from rules.models import Rule, Vertical
from rules.services import MOVES, check_code, check_vertical
from studio.changes.errors import ChangeRefused, Outdated
from studio.changes.timeline import note_down
from studio.changes.wishes import NewRule, Retire, RuleEdit, StateMove, VerticalEdit, Wish
from studio.models.changes import ChangeEdit, ChangeSet

EDIT = "rules.change_rule"
NEW = "rules.add_rule"
VERTICAL = "rules.change_vertical"
MOST_EDITS = 500
Subject = ChangeEdit.Subject


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

    `revision` is that of the change set which the form showed. Raises Invalid with every finding,
    StaleEdit or Outdated when the rule or the draft changed since, IllegalMove, ChangeRefused.
    """
    require(by, _permission(wish))
    locked = lock_draft(change_set, revision)
    edit = _edit_of(locked, wish, by)
    before = None if edit.pk is None else edit.content
    _WRITERS[type(wish)](edit, wish)
    edit.author, edit.note = by, wish.note.strip() or edit.note
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
        raise ChangeRefused(
            f"It is {locked.get_state_display()}: only a draft can be edited. Take it back first."
        )
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


def base_of_rule(rule: Rule) -> dict[str, Any]:
    """A rule as an edit begins with it."""
    return {
        "definition": rule.version.definition.as_dict(),
        "state": rule.state,
        "canary_percent": float(rule.canary_percent),
    }


def base_of_vertical(vertical: Vertical) -> dict[str, Any]:
    config: dict[str, Any] = msgspec.to_builtins(vertical.config)
    return config


# -- what each wish writes ---------------------------------------------------------------------


def _edit_of(change_set: ChangeSet, wish: Wish, by: User) -> ChangeEdit:
    """The edit that is there for the wish's subject, or a new one that begins with it."""
    is_vertical = isinstance(wish, VerticalEdit)
    code = wish.config.code if isinstance(wish, VerticalEdit) else wish.code
    subject = Subject.VERTICAL if is_vertical else Subject.RULE
    found = change_set.edits.filter(subject=subject, code=code).first()
    if found is not None:
        return found
    edit = ChangeEdit(change_set=change_set, subject=subject, code=code, author=by)
    if isinstance(wish, NewRule):
        check_code(code)
        if Rule.objects.filter(code=code).exists():
            raise Invalid([Finding("code", f"There is a rule {code} already.")])
        return edit
    if is_vertical:
        begin_with_vertical(edit, _found_vertical(code))
    else:
        begin_with_rule(edit, _found_rule(code))
    return edit


def begin_with_rule(edit: ChangeEdit, rule: Rule) -> None:
    edit.base_version, edit.base = rule.version.number, base_of_rule(rule)


def begin_with_vertical(edit: ChangeEdit, vertical: Vertical) -> None:
    edit.base_version, edit.base = vertical.revision, base_of_vertical(vertical)


def _write_definition(edit: ChangeEdit, wish: RuleEdit) -> None:
    if edit.pk is None and wish.expected_version != edit.base_version:
        version = _found_rule(edit.code).version
        raise StaleEdit(
            f"{edit.code} is at version {version.number} by {version.author_name}; "
            f"your edit began at version {wish.expected_version}."
        )
    if not edit.is_new and wish.expected_version != edit.base_version:
        raise Outdated(
            f"The edit of {edit.code} here began with version {edit.base_version}, "
            f"yours with version {wish.expected_version}."
        )
    check_definition(wish.definition)
    edit.definition, edit.conflicts = wish.definition.as_dict(), {}


def _write_new(edit: ChangeEdit, wish: NewRule) -> None:
    if not edit.is_new:
        raise Invalid([Finding("code", f"There is a rule {edit.code} already.")])
    check_definition(wish.definition)
    _check_new_state(wish.state)
    edit.definition, edit.state = wish.definition.as_dict(), wish.state.value


def _write_move(edit: ChangeEdit, wish: StateMove) -> None:
    if edit.is_new:
        _check_new_state(wish.to)
    else:
        _check_move(edit, wish)
    edit.state = wish.to.value
    edit.canary_percent = _share(wish) if wish.to is State.CANARY else None


def _write_retirement(edit: ChangeEdit, wish: Retire) -> None:
    _write_move(edit, StateMove(code=wish.code, to=State.RETIRED))


def _write_config(edit: ChangeEdit, wish: VerticalEdit) -> None:
    if edit.pk is None and wish.expected_revision != edit.base_version:
        raise StaleEdit(
            f"{edit.code} is at revision {edit.base_version}; "
            f"your edit began at {wish.expected_revision}."
        )
    if wish.expected_revision != edit.base_version:
        raise Outdated(
            f"The edit of {edit.code} here began with revision {edit.base_version}, "
            f"yours with revision {wish.expected_revision}."
        )
    codes = edit.change_set.edits.filter(subject=Subject.RULE, base=None)
    if findings := check_vertical(wish.config, further=codes.values_list("code", flat=True)):
        raise Invalid(findings)
    edit.definition, edit.conflicts = msgspec.to_builtins(wish.config), {}


_WRITERS: Mapping[type[Any], Any] = {
    RuleEdit: _write_definition,
    NewRule: _write_new,
    StateMove: _write_move,
    Retire: _write_retirement,
    VerticalEdit: _write_config,
}


def _check_move(edit: ChangeEdit, wish: StateMove) -> None:
    here = State(edit.began["state"])
    if wish.expected_state is not None and wish.expected_state is not here:
        raise Outdated(f"{edit.code} is {here} now, no longer {wish.expected_state}.")
    if wish.to not in MOVES[here] and wish.to is not here:
        ways = ", ".join(sorted(MOVES[here]))
        raise IllegalMove(f"{edit.code} is {here}: from there it can become {ways}, not {wish.to}.")


def _check_new_state(state: State) -> None:
    if state not in (State.DRAFT, State.SHADOW):
        raise IllegalMove(f"A new rule begins as draft or in shadow, not as {state}.")


def _share(wish: StateMove) -> float:
    percent = 10.0 if wish.canary_percent is None else wish.canary_percent
    if not 0 <= percent <= 100:  # also refuses NaN
        raise Invalid([Finding("canary_percent", "The share must lie between 0 and 100.")])
    return round(percent, 2)


def _found_rule(code: str) -> Rule:
    rule = Rule.objects.select_related("current").filter(code=code).first()
    if rule is None:
        raise Invalid([Finding("code", f"There is no rule {code[:64]}.")])
    return rule


def _found_vertical(code: str) -> Vertical:
    vertical = Vertical.objects.filter(code=code).first()
    if vertical is None:
        raise Invalid([Finding("code", f"There is no vertical {code[:64]}.")])
    return vertical


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


def definition_of(edit: ChangeEdit) -> Definition:
    """What the rule would say: the edit's definition, or the one that it began with."""
    return Definition.load(edit.definition or edit.began["definition"])
