"""Rulesets in the admin. The pages of rules and verticals are the studio's."""

from rules.admin.rulesets import RulesetAdmin

__all__ = ["RulesetAdmin"]
