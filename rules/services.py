"""Changes to the rule book: rules, their states, verticals. Publishing is in publishing.py.

Every change names who makes it: a person, whose permission is checked, or a part of the system as
a word. Nothing here touches decisions: scoring reads published rulesets only.
"""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from foundation.audit import Actor, actor_name, changes, record
from foundation.models import User
from foundation.money import is_currency
from foundation.permissions import require
from rules.checking import check_definition
from rules.definition import FLAGGED, Definition, State, VerticalConfig
from rules.errors import Finding, IllegalMove, Invalid, StaleEdit
from rules.models import Rule, RuleVersion, Vertical, version_fields

MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SHADOW, State.RETIRED}),
    State.SHADOW: frozenset({State.DRAFT, State.CANARY, State.LIVE, State.RETIRED}),
    State.CANARY: frozenset({State.SHADOW, State.LIVE, State.RETIRED}),
    State.LIVE: frozenset({State.SHADOW, State.CANARY, State.RETIRED}),
    State.RETIRED: frozenset({State.DRAFT, State.SHADOW}),
}
MAX_RULE_WEIGHT = 5.0
MAX_VERTICAL_NAME = 64  # characters, as the table holds
_CODE = re.compile(r"[a-z][a-z0-9_]{2,63}")


@transaction.atomic
def create_rule(*, by: Actor, code: str, definition: Definition, note: str = "") -> Rule:
    """A new draft with version 1. Raises Invalid with every finding."""
    require(by, "rules.add_rule")
    check_code(code)
    check_definition(definition)
    rule, is_new = Rule.objects.get_or_create(code=code)
    if not is_new:
        raise Invalid([Finding("code", f"There is a rule {code} already.")])
    add_version(rule, definition, by=by, note=note)
    after = {"version": 1, "state": rule.state, **definition.as_dict()}
    record(actor=by, action="rules.create", subject=_subject(rule), after=after, reason=note)
    return rule


@transaction.atomic
def edit_rule(
    *, by: Actor, code: str, definition: Definition, expected_version: int, note: str = ""
) -> RuleVersion:
    """The rule's next version; the one before stays as it is.

    Raises StaleEdit unless ``expected_version`` is still the current one, and Invalid with every
    finding. Equal content makes no version: the current one is returned.
    """
    require(by, "rules.change_rule")
    rule = lock_rule(code)
    before = rule.version
    if before.number != expected_version:
        raise StaleEdit(
            f"{code} is at version {before.number} by {before.author_name}; "
            f"your edit began at version {expected_version}."
        )
    check_definition(definition)
    if definition.fingerprint == before.definition.fingerprint:
        return before
    version = add_version(rule, definition, by=by, note=note)
    old, new = changes(
        {"version": before.number, **before.definition.as_dict()},
        {"version": version.number, **definition.as_dict()},
    )
    record(
        actor=by, action="rules.edit", subject=_subject(rule), before=old, after=new, reason=note
    )
    return version


def add_version(rule: Rule, definition: Definition, *, by: Actor, note: str = "") -> RuleVersion:
    """Stores a checked definition as the rule's current version; the caller audits and locks."""
    version = RuleVersion.objects.create(
        rule=rule,
        # Not the current one's: after a roll-back that is an older version than the newest.
        number=(rule.versions.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        author=by if isinstance(by, User) else None,
        author_name=actor_name(by),
        note=note,
        **version_fields(definition),
    )
    rule.current = version
    rule.save(update_fields=["current", "changed_at"])
    return version


@transaction.atomic
def set_rule_state(
    *,
    by: Actor,
    code: str,
    to: State,
    expected_state: State | None = None,
    canary_percent: float | None = None,
    reason: str = "",
) -> Rule:
    """Moves a rule along draft, shadow, canary, live, retired; takes effect when published.

    ``canary_percent`` (0..100) may come with a move to canary, or alone change a canary's share.
    Raises IllegalMove, StaleEdit (it is not in ``expected_state`` any more), Invalid.
    """
    require(by, "rules.change_rule")
    rule = lock_rule(code)
    if expected_state is not None and rule.state != expected_state:
        raise StaleEdit(f"{code} is {rule.state} now, no longer {expected_state}.")
    before = {"state": rule.state, "canary_percent": float(rule.canary_percent)}
    _check_move(rule, to)
    if canary_percent is not None:
        rule.canary_percent = _share(canary_percent)
    rule.state = to
    rule.save(update_fields=["state", "canary_percent", "changed_at"])
    after = {"state": rule.state, "canary_percent": float(rule.canary_percent)}
    old, new = changes(before, after)
    record(
        actor=by, action="rules.state", subject=_subject(rule), before=old, after=new, reason=reason
    )
    return rule


def _check_move(rule: Rule, to: State) -> None:
    here = State(rule.state)
    if to in MOVES[here] or to is here is State.CANARY:
        return
    ways = ", ".join(sorted(MOVES[here]))
    raise IllegalMove(f"{rule.code} is {here}: from there it can become {ways}, not {to}.")


def _share(percent: float) -> Decimal:
    if not 0 <= percent <= 100:  # also refuses NaN
        raise Invalid([Finding("canary_percent", "The share must lie between 0 and 100.")])
    return Decimal(str(round(percent, 2)))


@transaction.atomic
def edit_vertical(
    *, by: Actor, config: VerticalConfig, expected_revision: int, reason: str = ""
) -> Vertical:
    """Gives a vertical new numbers; they take effect when published.

    Raises StaleEdit unless ``expected_revision`` is still current, and Invalid with every finding.
    """
    require(by, "rules.change_vertical")
    vertical = Vertical.objects.select_for_update().get(code=config.code)
    if vertical.revision != expected_revision:
        raise StaleEdit(
            f"{vertical.name} is at revision {vertical.revision}; "
            f"your edit began at {expected_revision}."
        )
    if findings := check_vertical(config):
        raise Invalid(findings)
    before = vertical.config
    if config == before:
        return vertical
    write_config(vertical, config)
    vertical.revision += 1
    vertical.save()
    old, new = changes(_plain(before), _plain(config))
    subject = f"rules.vertical:{vertical.code}"
    record(
        actor=by, action="rules.edit_vertical", subject=subject, before=old, after=new,
        reason=reason,
    )  # fmt: skip
    return vertical


def write_config(vertical: Vertical, config: VerticalConfig) -> None:
    """Copies the configuration to the row, unsaved."""
    vertical.name = config.name
    vertical.review_threshold = config.review_threshold
    vertical.fraud_score_threshold = config.fraud_score_threshold
    vertical.aml_threshold = config.aml_threshold
    vertical.rules_weight = Decimal(str(config.rules_weight))
    vertical.ml_weight = Decimal(str(config.ml_weight))
    vertical.currencies = list(config.currencies)
    vertical.rule_weights = dict(config.rule_weights)
    vertical.alert_on = list(config.alert_on)


def check_vertical(config: VerticalConfig, *, further: Iterable[str] = ()) -> list[Finding]:
    """Everything wrong with a vertical's numbers; `further` are codes of rules that are to come."""
    return [
        *_check_thresholds(config),
        *_check_weights(config, set(further)),
        *_check_currencies(config),
        *_check_alerts(config),
    ]


def _check_thresholds(config: VerticalConfig) -> Iterable[Finding]:
    if not config.name.strip():
        yield Finding("name", "A vertical needs a name.")
    elif len(config.name) > MAX_VERTICAL_NAME or not config.name.isprintable():
        yield Finding("name", f"At most {MAX_VERTICAL_NAME} printable characters.")
    if not 1 <= config.review_threshold <= 100:
        yield Finding("review_threshold", "It must lie between 1 and 100.")
    if not 1 <= config.fraud_score_threshold <= 100:
        yield Finding("fraud_score_threshold", "It must lie between 1 and 100.")
    if config.review_threshold > config.fraud_score_threshold:
        yield Finding("review_threshold", "Review cannot begin above the decline threshold.")
    if not 0 <= config.aml_threshold <= 100:
        yield Finding("aml_threshold", "It must lie between 0 and 100.")


def _check_weights(config: VerticalConfig, further: set[str]) -> Iterable[Finding]:
    pair = (config.rules_weight, config.ml_weight)
    if not all(0 <= weight <= 1 for weight in pair):
        yield Finding("rules_weight", "Weights lie between 0 and 1.")
    elif sum(Decimal(str(round(weight, 3))) for weight in pair) != 1:
        yield Finding("ml_weight", "The weights of rules and model must sum to 1.")
    known = further.union(Rule.objects.values_list("code", flat=True))
    for code, weight in config.rule_weights.items():
        if code not in known:
            yield Finding("rule_weights", f"There is no rule {code}.")
        if not (math.isfinite(weight) and 0 <= weight <= MAX_RULE_WEIGHT):
            yield Finding("rule_weights", f"The weight of {code} must lie between 0 and 5.")


def _check_currencies(config: VerticalConfig) -> Iterable[Finding]:
    if not config.currencies:
        yield Finding("currencies", "At least one currency must be allowed.")
    for code in config.currencies:
        if not is_currency(code):
            yield Finding("currencies", f"{code} is no ISO 4217 currency.")
    if len(set(config.currencies)) != len(config.currencies):
        yield Finding("currencies", "A currency stands there twice.")


def _check_alerts(config: VerticalConfig) -> Iterable[Finding]:
    if strange := set(config.alert_on) - set(FLAGGED):
        named = " or ".join(FLAGGED)
        yield Finding("alert_on", f"Alerts come of {named}, not of {', '.join(sorted(strange))}.")


def lock_rule(code: str) -> Rule:
    """The rule, locked until the transaction ends, with its current version (two queries)."""
    return Rule.objects.select_for_update(of=("self",)).select_related("current").get(code=code)


def check_code(code: str) -> None:
    """Raises Invalid for what cannot be a rule's name."""
    if not _CODE.fullmatch(code):
        message = "Use lower-case letters, digits and underscores, as high_amount."
        raise Invalid([Finding("code", message)])


def _subject(rule: Rule) -> str:
    return f"rules.rule:{rule.code}"


def _plain(config: VerticalConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__struct_fields__}
