"""Putting a rule into shadow because it left its bounds, and telling people."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone as clock

from foundation.audit import record
from foundation.models import User
from foundation.permissions import require
from rules.definition import PublishedRule
from rules.demoting import demote_rule
from rules.models import Rule
from studio.models import Demotion, RuleWatch
from studio.rollout.bounds import Breach

BY: Final = "automatic demotion"
CHANGE: Final = "rules.change_rule"


@transaction.atomic
def demote(*, rule: PublishedRule, breach: Breach, now: datetime) -> Demotion | None:
    """Publishes the rule's way into shadow, and keeps why; None when it was not to be done.

    A hold that began since the watch looked counts, as does a publication: both are asked for
    again, under locks. All of it, with the event and the audit entries, is one transaction.
    """
    watch = RuleWatch.objects.select_for_update().get(rule__code=rule.code)
    if watch.is_held(clock.now()):
        return None
    done = demote_rule(
        by=BY, code=rule.code, version=rule.version, reason=breach.words, cause=breach.cause
    )
    if done is None:
        return None
    ruleset, before = done
    # When it decides again it is judged from then on.
    watch.version = watch.since = watch.trouble_since = None
    watch.trouble = ""
    watch.save(update_fields=["version", "since", "trouble", "trouble_since"])
    return Demotion.objects.create(
        rule=Rule.objects.get(code=rule.code),
        version=rule.version,
        state_before=before.value,
        ruleset=ruleset,
        cause=breach.cause,
        words=breach.words,
        figures=breach.figures,
        owner=rule.definition.owner,
        at=now,
    )


@transaction.atomic
def mark_seen(*, by: User, demotion: int) -> Demotion:
    """Takes it off the Home page, for everybody. Raises Demotion.DoesNotExist."""
    require(by, CHANGE)
    row = Demotion.objects.select_for_update(of=("self",)).select_related("rule").get(pk=demotion)
    if row.seen_at is None:
        row.seen_by, row.seen_at = by, clock.now()
        row.save(update_fields=["seen_by", "seen_at"])
        record(
            actor=by, action="rules.demotion_seen", subject=f"rules.rule:{row.rule.code}",
            after={"demotion": row.pk},
        )  # fmt: skip
    return row
