"""The rule book goes back with the ruleset, so that the next proposal does not undo a roll-back.

Rules and verticals follow where the book says what was in force; what somebody has edited or moved
in the book since stays as it is, and so do all versions.
"""

from decimal import Decimal
from typing import Any

from foundation.audit import Actor, changes, record
from rules.definition import PublishedRule, Snapshot, State, VerticalConfig
from rules.models import Rule, Vertical
from rules.queries import PUBLISHED_STATES
from rules.services import write_config


def take_book_back(*, before: Snapshot, after: Snapshot, by: Actor, reason: str) -> None:
    """Gives the book the versions, states and verticals of `after` where it agrees with `before`.

    The caller holds the publication's lock. Each change is audited.
    """
    old = {rule.code: rule for rule in before.rules}
    new = {rule.code: rule for rule in after.rules}
    moved = sorted(code for code in old.keys() | new.keys() if old.get(code) != new.get(code))
    rows = Rule.objects.select_for_update(of=("self",)).select_related("current").order_by("code")
    for rule in rows.filter(code__in=moved):
        if _agrees(rule, old.get(rule.code)):
            _take_rule_back(rule, new.get(rule.code), by, reason)
    was = {config.code: config for config in before.verticals}
    for config in after.verticals:
        if was.get(config.code) not in (None, config):
            _take_vertical_back(was[config.code], config, by, reason)


def _agrees(rule: Rule, was: PublishedRule | None) -> bool:
    """Whether the book has the rule as the ruleset had it."""
    if was is None:
        return rule.state not in PUBLISHED_STATES
    share = float(rule.canary_percent) if rule.state == State.CANARY else 100.0
    book = (rule.version.number, rule.state, share)
    return book == (was.version, was.state, was.canary_percent)


def _take_rule_back(rule: Rule, to: PublishedRule | None, by: Actor, reason: str) -> None:
    before = _facts(rule)
    if to is None:
        rule.state = State.DRAFT
    else:
        rule.current = rule.versions.filter(number=to.version).first() or rule.current
        rule.state = to.state
        if to.state is State.CANARY:
            rule.canary_percent = Decimal(str(to.canary_percent))
    rule.save()
    old, new = changes(before, _facts(rule))
    if old != new:
        subject = f"rules.rule:{rule.code}"
        record(
            actor=by, action="rules.taken_back", subject=subject, before=old, after=new,
            reason=reason,
        )  # fmt: skip


def _facts(rule: Rule) -> dict[str, Any]:
    return {
        "version": rule.version.number,
        "state": rule.state,
        "canary_percent": float(rule.canary_percent),
    }


def _take_vertical_back(was: VerticalConfig, to: VerticalConfig, by: Actor, reason: str) -> None:
    vertical = Vertical.objects.select_for_update().filter(code=to.code).first()
    if vertical is None or vertical.config != was:
        return
    write_config(vertical, to)
    vertical.revision += 1
    vertical.save()
    old, new = changes(
        *({name: getattr(one, name) for name in one.__struct_fields__} for one in (was, to))
    )
    record(
        actor=by, action="rules.taken_back", subject=f"rules.vertical:{to.code}", before=old,
        after=new, reason=reason,
    )  # fmt: skip
