"""What a wish makes of an edit: the edit that it joins or begins, and what is refused of it.

Called with the draft's row locked; nothing is saved here.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from foundation.models import User
from rules.checking import check_definition
from rules.definition import Definition, State
from rules.errors import Finding, IllegalMove, Invalid, StaleEdit
from rules.models import Rule, Vertical
from rules.services import MOVES, check_code, check_vertical
from studio.changes.errors import Outdated
from studio.changes.merging import still_open
from studio.changes.wishes import NewRule, Retire, RuleEdit, StateMove, VerticalEdit, Wish
from studio.models.changes import ChangeEdit, ChangeSet

Subject = ChangeEdit.Subject
_LEAST_SHARE: Final = 0.01  # percent, as the rule book keeps it


def edit_for(change_set: ChangeSet, wish: Wish, by: User) -> ChangeEdit:
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


def write(edit: ChangeEdit, wish: Wish) -> None:
    """The wish into the edit. Raises Invalid, StaleEdit, Outdated, IllegalMove."""
    _WRITERS[type(wish)](edit, wish)


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
            f"The edit of {edit.code} in this change set began with version {edit.base_version}, "
            f"yours with version {wish.expected_version}. Merge it on the change set's page, or "
            "save yours in another change set."
        )
    check_definition(wish.definition)
    _write_over(edit, wish.definition.as_dict(), wish.seen)


def _write_over(edit: ChangeEdit, said: dict[str, Any], seen: str | None) -> None:
    """Takes the place of what the edit says, if that is what the writer has seen. A choice that is
    open stays so where this says the same as before."""
    said = json.loads(json.dumps(said))  # lists for tuples, as it is stored
    held = mark_of(edit.definition)
    if seen is not None and held and held not in (seen, mark_of(said)):
        raise Outdated(
            f"This change set holds another edit of {edit.code} by now, by "
            f"{edit.author.get_username()}: saving would write over it."
        )
    edit.definition, edit.conflicts = said, still_open(edit.conflicts, said)


def _write_new(edit: ChangeEdit, wish: NewRule) -> None:
    if not edit.is_new:
        raise Invalid([Finding("code", f"There is a rule {edit.code} already.")])
    check_definition(wish.definition)
    _check_new_state(wish.state)
    _write_over(edit, wish.definition.as_dict(), wish.seen)
    edit.state = wish.state.value


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
            f"The edit of {edit.code} in this change set began with revision {edit.base_version}, "
            f"yours with revision {wish.expected_revision}. Merge it on the change set's page, or "
            "save yours in another change set."
        )
    codes = edit.change_set.edits.filter(subject=Subject.RULE, base=None)
    if findings := check_vertical(wish.config, further=codes.values_list("code", flat=True)):
        raise Invalid(findings)
    _write_over(edit, msgspec.to_builtins(wish.config), wish.seen)


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
    if not _LEAST_SHARE <= percent <= 100:  # also refuses NaN
        words = f"The share must lie between {_LEAST_SHARE} and 100; nobody's is shadow."
        raise Invalid([Finding("canary_percent", words)])
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


def mark_of(definition: Mapping[str, Any] | None) -> str:
    """Of what an edit says, as a form carries it: equal contents have equal marks; "" of none."""
    if definition is None:
        return ""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:32]


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


def definition_of(edit: ChangeEdit) -> Definition:
    """What the rule would say: the edit's definition, or the one that it began with."""
    return Definition.load(edit.definition or edit.began["definition"])
