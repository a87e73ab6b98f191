"""A rule's way through shadow, canary and live, each step a change set of its own.

A step is proposed at once, with the approvals that publications need; or, by whoever may publish in
an emergency, it takes force at once and somebody else reviews it afterwards. Either way it goes
through the services of change sets, so nothing here decides what is allowed.
"""

from typing import Final

import msgspec
from django.db import transaction

from foundation.errors import Conflict
from foundation.models import User
from rules.definition import PublishedRule, State
from rules.models import Rule, Ruleset
from rules.publishing import in_force
from studio.changes.services import (
    RuleEdit,
    StateMove,
    create_change_set,
    propose,
    publish_now,
    put_edit,
)
from studio.models import ChangeSet

RULESETS_SEARCHED: Final = 50
_LONGEST_TITLE: Final = 120
_TITLES: Final = {
    State.SHADOW: "{code} into shadow",
    State.CANARY: "{code} for {percent:g} % of customers",
    State.LIVE: "{code} goes live",
    State.RETIRED: "Retire {code}",
    State.DRAFT: "{code} back to draft",
}


class NothingBefore(Conflict):
    """The rule was in force in no other way."""

    type, title = "nothing-before", "There is nothing to go back to"


@transaction.atomic
def move(
    *,
    by: User,
    code: str,
    to: State,
    reason: str,
    expected_state: State,
    canary_percent: float | None = None,
    at_once: bool = False,
) -> ChangeSet:
    """Proposes one step, or publishes it at once. Raises what change sets refuse: IllegalMove,
    Outdated, Invalid, ChangeRefused; then nothing is kept."""
    title = _TITLES[to].format(code=code, percent=canary_percent or 0)
    draft = create_change_set(by=by, title=title[:_LONGEST_TITLE])
    wish = StateMove(
        code=code,
        to=to,
        canary_percent=canary_percent,
        expected_state=expected_state,
        note=reason,
    )
    put_edit(by=by, change_set=draft, wish=wish)
    return _send(draft, by, reason, at_once=at_once)


@transaction.atomic
def roll_back(*, by: User, code: str, reason: str, at_once: bool = False) -> ChangeSet:
    """Proposes the rule as it was in force before its last change, on top of what else is in force.
    Raises NothingBefore and what `move` does."""
    before = before_now(code)
    if before is None:
        raise NothingBefore(f"{code} was in force in no other way lately.")
    rule = Rule.objects.select_related("current").get(code=code)
    title = f"{code} back to version {before.version}, {before.state.value}"
    draft = create_change_set(by=by, title=title[:_LONGEST_TITLE])
    if before.definition.fingerprint != rule.version.definition.fingerprint:
        edit = RuleEdit(
            code=code,
            definition=before.definition,
            expected_version=rule.version.number,
            note=reason,
        )
        put_edit(by=by, change_set=draft, wish=edit)
    percent = before.canary_percent if before.state is State.CANARY else None
    if before.state != rule.state or percent not in (None, float(rule.canary_percent)):
        step = StateMove(code=code, to=before.state, canary_percent=percent, note=reason)
        put_edit(by=by, change_set=draft, wish=step)
    return _send(draft, by, reason, at_once=at_once)


def _send(draft: ChangeSet, by: User, reason: str, *, at_once: bool) -> ChangeSet:
    if at_once:
        return publish_now(by=by, change_set=draft, reason=reason)
    sent = propose(by=by, change_set=draft, reason=reason)
    sent.refresh_from_db()
    return sent


def before_now(code: str) -> PublishedRule | None:
    """The rule as the newest earlier ruleset had it otherwise than the one in force; None where it
    never was, or longer ago than RULESETS_SEARCHED. Two queries."""
    now = in_force()
    if now is None:
        return None
    present = _rule_of(now, code)
    older = Ruleset.objects.filter(number__lt=now.number).order_by("-number")
    for ruleset in older[:RULESETS_SEARCHED].iterator(chunk_size=5):
        rule = _rule_of(ruleset, code)
        if rule is not None and rule != present:
            return rule
    return None


def _rule_of(ruleset: Ruleset, code: str) -> PublishedRule | None:
    # Of a large snapshot only the one rule is made into structs.
    for told in ruleset.snapshot["rules"]:
        if told["code"] == code:
            return msgspec.convert(told, PublishedRule)
    return None
