"""A rule that left its bounds, told to whoever watches the installation."""

import logging
from collections.abc import Sequence

from prometheus_client import Counter

from rules.events import RuleDemoted
from studio.events import RuleOutOfBounds

log = logging.getLogger(__name__)

RULES_DEMOTED = Counter("rules_demoted", "Rules put into shadow by themselves.", ["rule", "cause"])
RULES_OUT_OF_BOUNDS = Counter(
    "rules_out_of_bounds", "Rules that left their bounds and go on deciding.", ["rule"]
)


def raise_alerts(events: Sequence[RuleDemoted | RuleOutOfBounds]) -> None:
    """One line at the level that monitoring wakes people for, and a count, for each. The page
    Rollout shows the rule, and Home until somebody has seen it."""
    for each in events:
        owner = each.owner or "nobody"
        if isinstance(each, RuleDemoted):
            RULES_DEMOTED.labels(each.code, each.cause).inc()
            log.critical(
                "system alert: rule %s, owned by %s, went from %s into shadow with ruleset %s: %s",
                each.code,
                owner,
                each.before,
                each.ruleset,
                each.words,
            )
        else:
            RULES_OUT_OF_BOUNDS.labels(each.code).inc()
            log.critical(
                "system alert: rule %s, owned by %s, is out of its bounds and goes on: %s",
                each.code,
                owner,
                each.words,
            )
