"""Taking the effect from one rule in force, as the system does when a rule leaves its bounds.

The one publication that nobody approves besides the first: it changes this rule's state to shadow
and nothing else, so it can only take an effect away. It compiles nothing: what decided before goes
on to, and a rule that an upgrade broke must not keep another one in force.
"""

import msgspec
from django.db import transaction

from foundation.audit import record
from foundation.outbox import publish
from rules.definition import PublishedRule, Snapshot, State
from rules.events import RuleDemoted
from rules.models import Publication, Rule, Ruleset
from rules.publishing import in_force, lock_publication
from rules.services import set_rule_state

DECIDING = (State.CANARY, State.LIVE)


@transaction.atomic
def demote_rule(
    *, by: str, code: str, version: int, reason: str, cause: str
) -> tuple[Ruleset, State] | None:
    """Publishes the ruleset in force with this rule in shadow, and says what it was before.

    None when the ruleset in force has it in another version by now, or without effect: somebody
    published, or another process was faster. Decided under the lock of publications, so it happens
    once. The rule book follows, or the next proposal would bring the effect back; proposals that
    were made before are refused when they are approved, as after any publication.
    """
    lock_publication()
    base = in_force()
    if base is None:
        return None
    snapshot = base.content
    rule = next((one for one in snapshot.rules if one.code == code), None)
    if rule is None or rule.version != version or rule.state not in DECIDING:
        return None
    ruleset = Ruleset.objects.create(
        number=Ruleset.objects.order_by("-number").values_list("number", flat=True)[0] + 1,
        snapshot=_in_shadow(snapshot, rule).as_dict(),
        note=f"{code} goes into shadow by itself. {reason}",
        based_on=base,
        created_by_name=by,
    )
    Publication.objects.filter(id=1).update(ruleset=ruleset)
    if Rule.objects.filter(code=code, state__in=DECIDING).exists():
        set_rule_state(by=by, code=code, to=State.SHADOW, reason=reason)
    record(
        actor=by,
        action="rules.demote",
        subject=f"rules.rule:{code}",
        before={"state": rule.state.value, "ruleset": base.number},
        after={"state": State.SHADOW.value, "ruleset": ruleset.number, "version": version},
        reason=reason,
    )
    told = RuleDemoted(
        code=code, version=version, before=rule.state.value, ruleset=ruleset.number,
        cause=cause, words=reason, owner=rule.definition.owner,
    )  # fmt: skip
    publish(told, subject=f"rules.rule:{code}")
    return ruleset, rule.state


def _in_shadow(snapshot: Snapshot, rule: PublishedRule) -> Snapshot:
    changed = msgspec.structs.replace(rule, state=State.SHADOW, canary_percent=100.0)
    rules = tuple(changed if one.code == rule.code else one for one in snapshot.rules)
    return msgspec.structs.replace(snapshot, rules=rules)
