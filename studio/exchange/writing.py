"""Rules and verticals as TOML: the same content gives the same text, byte for byte."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import tomli_w

from rules.definition import Definition, Snapshot, State, VerticalConfig
from rules.models import Rule, Vertical
from rules.publishing import in_force
from studio.changes.errors import ChangeRefused
from studio.changes.snapshots import what_changes
from studio.models.changes import ChangeSet

VERTICALS: Final = "verticals"


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as a file holds it."""

    code: str
    state: State
    canary_percent: float
    definition: Definition


def as_toml(title: str, entries: Iterable[Entry], verticals: Iterable[VerticalConfig]) -> str:
    """Rules by code, then verticals by code. What has its default is left out."""
    document: dict[str, Any] = {
        entry.code: _rule(entry) for entry in sorted(entries, key=lambda one: one.code)
    }
    tables = {config.code: _vertical(config) for config in sorted(verticals, key=lambda v: v.code)}
    if tables:
        document[VERTICALS] = tables
    # On one line a carriage return is written as such; within several it would be lost.
    lines = "\r" not in msgspec.json.encode(document).decode().replace("\\r", "\r")
    return f"# {title}\n\n" + tomli_w.dumps(document, multiline_strings=lines)


def export_in_force() -> str:
    """The ruleset in force (one query). Raises ChangeRefused before the first publication."""
    ruleset = in_force()
    if ruleset is None:
        raise ChangeRefused("Nothing is published yet.")
    return export_snapshot(f"Ruleset {ruleset.number}", ruleset.content)


def export_snapshot(title: str, snapshot: Snapshot) -> str:
    entries = [
        Entry(rule.code, rule.state, rule.canary_percent, rule.definition)
        for rule in snapshot.rules
    ]
    return as_toml(title, entries, snapshot.verticals)


def export_book() -> str:
    """The rule book as it stands, drafts and retired rules included (two queries)."""
    entries = [
        Entry(rule.code, State(rule.state), float(rule.canary_percent), rule.version.definition)
        for rule in Rule.objects.select_related("current")
    ]
    return as_toml("The rule book", entries, [v.config for v in Vertical.objects.all()])


def export_change_set(change_set: ChangeSet) -> str:
    """What the change set's rules and verticals would be; rules that it takes out are told in
    their state."""
    edits = list(change_set.edits.all())
    _, after, _ = what_changes(edits)
    codes = {edit.code for edit in edits if edit.of_rule}
    touched = {edit.code for edit in edits if not edit.of_rule}
    entries = [
        Entry(rule.code, rule.state, rule.canary_percent, rule.definition)
        for rule in after.rules
        if rule.code in codes
    ]
    entries += [
        Entry(edit.code, State(edit.state or edit.began["state"]), 10.0, _definition(edit))
        for edit in edits
        if edit.of_rule and edit.code not in {entry.code for entry in entries}
    ]
    verticals = [config for config in after.verticals if config.code in touched]
    return as_toml(f"Change set {change_set.pk}: {_line(change_set.title)}", entries, verticals)


def _line(text: str) -> str:
    """A comment is one line, whatever stands in the title."""
    return " ".join(text.split())


def _definition(edit: Any) -> Definition:
    return Definition.load(edit.definition or edit.began["definition"])


def _rule(entry: Entry) -> dict[str, Any]:
    table: dict[str, Any] = {"state": entry.state.value}
    if entry.state is State.CANARY:
        table["canary_percent"] = entry.canary_percent
    empty: tuple[Any, ...] = ("", [], None)
    plain = {
        name: value for name, value in entry.definition.as_dict().items() if value not in empty
    }
    if plain.get("effect") == "score":
        del plain["effect"]
    return {**table, **plain}


def _vertical(config: VerticalConfig) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(config)
    del plain["code"]
    return plain
