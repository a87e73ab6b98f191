"""Writing one edit of a change set into the rule book. The caller holds all locks.

Not through the services that people edit the book with: who wrote the edit may have left since, and
who agreed need not be one who edits. Permissions were asked when it was written and proposed.
"""

from decimal import Decimal
from typing import Any

import msgspec

from foundation.audit import Actor, changes, record
from rules.definition import Definition, VerticalConfig
from rules.models import Rule, Vertical
from rules.services import add_version, write_config
from studio.changes.freshness import Book
from studio.models.changes import ChangeEdit, ChangeSet


def apply_edit(edit: ChangeEdit, book: Book, change_set: ChangeSet, by: Actor) -> None:
    """A new version by the edit's author, a state, or a vertical's next revision. The row goes
    into the book, which then says what holds."""
    note = f"Change set {change_set.pk}, {change_set.title}. {edit.note}".strip()
    if edit.of_rule:
        rule = book.rules.get(edit.code) or Rule.objects.create(code=edit.code)
        book.rules = {**book.rules, edit.code: rule}
        before = _facts(rule)
        _write_rule(rule, edit, note)
        _record(by, "rules.create" if edit.is_new else "rules.edit", rule, before, note)
    else:
        _write_vertical(book.verticals[edit.code], edit, by, note)


def _write_rule(rule: Rule, edit: ChangeEdit, note: str) -> None:
    if edit.definition is not None:
        definition = Definition.load(edit.definition)
        same = rule.current and rule.version.definition.fingerprint == definition.fingerprint
        if not same:
            add_version(rule, definition, by=edit.author, note=note)
    if edit.state:
        rule.state = edit.state
    if edit.canary_percent is not None:
        rule.canary_percent = Decimal(str(edit.canary_percent))
    if edit.shipped is not None:
        rule.shipped = edit.shipped
    rule.save()


def _facts(rule: Rule) -> dict[str, Any]:
    if rule.current is None:
        return {}
    return {
        "version": rule.version.number,
        "state": rule.state,
        "canary_percent": float(rule.canary_percent),
        **rule.version.definition.as_dict(),
    }


def _record(by: Actor, action: str, rule: Rule, before: dict[str, Any], note: str) -> None:
    old, new = changes(before, _facts(rule))
    if old or new:
        subject = f"rules.rule:{rule.code}"
        record(actor=by, action=action, subject=subject, before=old, after=new, reason=note)


def _write_vertical(vertical: Vertical, edit: ChangeEdit, by: Actor, note: str) -> None:
    before = vertical.config
    config = msgspec.convert(edit.definition, VerticalConfig)
    if config == before:
        return
    write_config(vertical, config)
    vertical.revision += 1
    vertical.save()
    old, new = changes(*(msgspec.structs.asdict(one) for one in (before, config)))
    subject = f"rules.vertical:{vertical.code}"
    record(
        actor=by, action="rules.edit_vertical", subject=subject, before=old, after=new, reason=note
    )
