"""The rule book in the admin: rules, rulesets, verticals."""

from rules.admin.book import RuleAdmin
from rules.admin.rulesets import RulesetAdmin
from rules.admin.verticals import VerticalAdmin

__all__ = ["RuleAdmin", "RulesetAdmin", "VerticalAdmin"]
