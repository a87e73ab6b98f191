"""Rulesets as they decided then, for rules that are exchanged in old decisions."""

from functools import cached_property, lru_cache
from typing import Final

from rules.definition import PublishedRule, Snapshot, VerticalConfig
from rules.models import Ruleset
from studio.backtest.verdicts import Scored, scored

_KEPT: Final = 32


class RulesThen:
    """One published ruleset, immutable."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def configs(self) -> dict[str, VerticalConfig]:
        """Verticals by code."""
        return {config.code: config for config in self.snapshot.verticals}

    @cached_property
    def rules(self) -> dict[str, PublishedRule]:
        """Rules by code."""
        return {rule.code: rule for rule in self.snapshot.rules}

    def hits(
        self, vertical: str, codes: list[str], points: list[float], leave_out: str
    ) -> list[Scored]:
        """The stored hits as the formulae read them, without that rule's."""
        weights = self.configs[vertical].rule_weights
        return [
            scored(self.rules[code].definition, score, weights.get(code, 1.0))
            for code, score in zip(codes, points, strict=True)
            if code != leave_out
        ]


@lru_cache(maxsize=_KEPT)
def rules_then(number: int) -> RulesThen:
    """The ruleset of that number; one query the first time. Published ones never change."""
    snapshot = Ruleset.objects.values_list("snapshot", flat=True).get(number=number)
    return RulesThen(Snapshot.load(snapshot))
