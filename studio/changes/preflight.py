"""What is wrong, or doubtful, with a change set before anybody approves it."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec
from django.utils import timezone as clock

from intelligence.models import ListEntry
from rules import language
from rules.checking import CheckedDefinition, check_definition
from rules.definition import Snapshot, State, VerticalConfig
from rules.engine import CompiledBook
from rules.errors import Invalid
from rules.services import check_vertical
from studio.changes.cost import Cost, cost_of
from studio.changes.freshness import Book, stale_edits
from studio.changes.snapshots import what_changes
from studio.changes.writing import definition_of
from studio.models.changes import OPEN, ChangeEdit, ChangeSet

Level = Literal["error", "warning", "note"]


class Remark(msgspec.Struct, frozen=True):
    """One thing to know; an error keeps the change set from being proposed. `block` shows the
    place in the rule's text."""

    level: Level
    code: str
    words: str
    block: str = ""


class Preflight(msgspec.Struct, frozen=True):
    """Everything that was looked at. Kept with the change set when it is proposed."""

    remarks: tuple[Remark, ...] = ()
    changes: tuple[str, ...] = ()
    cost: Cost | None = None

    @property
    def errors(self) -> list[Remark]:
        return [remark for remark in self.remarks if remark.level == "error"]

    def as_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def load_preflight(kept: dict[str, Any] | None) -> Preflight | None:
    """The inverse of `as_dict`."""
    return None if kept is None else msgspec.convert(kept, Preflight)


def look_over(change_set: ChangeSet, *, measure: bool = True) -> Preflight:
    """Some ten queries; with `measure` some 50 ms of computing, to tell the cost."""
    edits = list(change_set.edits.all())
    if not edits:
        return Preflight((Remark("error", "", "There are no edits in it yet."),))
    checked = {edit.code: _check(edit) for edit in edits if edit.of_rule}
    remarks = [remark for found, _ in checked.values() for remark in found]
    remarks += [remark for edit in edits for remark in _conflicts(edit)]
    remarks += [remark for edit in edits if not edit.of_rule for remark in _vertical(edit, edits)]
    remarks += [
        Remark("error", one.edit.code, one.words) for one in stale_edits(edits, Book.of(edits))
    ]
    remarks += _empty_lists({code: one for code, (_, one) in checked.items() if one})
    remarks += _elsewhere(change_set, edits)
    if any(remark.level == "error" for remark in remarks):
        return Preflight(tuple(remarks))
    before, after, diff = what_changes(edits)
    remarks += _compiles(after)
    if not diff:
        remarks.append(_nothing(edits))
    cost = cost_of(before, after) if measure and diff and not _has_errors(remarks) else None
    return Preflight(tuple(remarks), tuple(diff.words), cost)


def _has_errors(remarks: Iterable[Remark]) -> bool:
    return any(remark.level == "error" for remark in remarks)


def _check(edit: ChangeEdit) -> tuple[list[Remark], CheckedDefinition | None]:
    """What the checker says: unknown features with the nearest name, rules that can never or
    always fire, lists that nobody keeps. A rule that leaves the ruleset may say what it likes."""
    if edit.state in (State.RETIRED, State.DRAFT) and edit.definition is None:
        return [], None
    try:
        checked = check_definition(definition_of(edit))
    except Invalid as error:
        return [
            Remark("error", edit.code, f"{one.field}: {one.message}", one.block)
            for one in error.findings
        ], None
    return [
        Remark("warning", edit.code, f"{one.field}: {one.message}", one.block)
        for one in checked.warnings
    ], checked


def _conflicts(edit: ChangeEdit) -> Iterator[Remark]:
    for field in edit.conflicts:
        words = f"{field.replace('_', ' ')} was changed on both sides: choose one."
        yield Remark("error", edit.code, words)


def _vertical(edit: ChangeEdit, edits: Iterable[ChangeEdit]) -> Iterator[Remark]:
    new = [other.code for other in edits if other.of_rule and other.is_new]
    for finding in check_vertical(msgspec.convert(edit.definition, VerticalConfig), further=new):
        yield Remark("error", edit.code, f"{finding.field}: {finding.message}")


def _empty_lists(checked: dict[str, CheckedDefinition]) -> Iterator[Remark]:
    """Lists that the rules ask for and that have no entry in force: one query."""
    asked = {
        code: {name for e in (one.condition, one.score) for _, name in _lists(e)}
        for code, one in checked.items()
    }
    names = set().union(*asked.values()) if asked else set()
    if not names:
        return
    entries = ListEntry.objects.in_force(clock.now()).filter(list__in=names)
    filled = set(entries.order_by().values_list("list", flat=True).distinct())
    for code, lists in asked.items():
        for name in sorted(lists - filled):
            yield Remark("warning", code, f"The list {name} is empty: nothing is on it now.")


def _lists(expression: language.Checked) -> Iterable[tuple[str, str]]:
    return language.dependencies(expression).lists


def _elsewhere(change_set: ChangeSet, edits: list[ChangeEdit]) -> Iterator[Remark]:
    """Other open change sets that edit the same: one query. The first to be published wins; the
    other is told then."""
    others = ChangeEdit.objects.filter(change_set__state__in=OPEN).exclude(change_set=change_set)
    others = others.filter(code__in=[edit.code for edit in edits]).select_related("change_set")
    mine = {(edit.subject, edit.code) for edit in edits}
    for other in others:
        if (other.subject, other.code) in mine:
            state = other.change_set.get_state_display()
            words = (
                f"Change set {other.change_set_id} “{other.change_set.title}” ({state}) edits it"
            )
            yield Remark("warning", other.code, f"{words}, too: who is published first wins.")


def _compiles(after: Snapshot) -> Iterator[Remark]:
    """Whether it compiles for every vertical, as scoring would do it."""
    book = CompiledBook(after, number=0)
    if book.broken:
        for error in book.broken:
            yield Remark("error", error.code, f"It does not compile: {error.message}")
        return
    book.warm(book.configs)


def _nothing(edits: Iterable[ChangeEdit]) -> Remark:
    if all(edit.content == {**edit.content, "definition": None, "state": ""} for edit in edits):
        return Remark("error", "", "Nothing in it changes anything.")
    return Remark("note", "", "Only the rule book changes; the ruleset in force stays as it is.")
