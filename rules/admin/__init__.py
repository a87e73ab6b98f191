"""The rule book in the admin: rulesets and verticals. The pages of rules are the studio's."""

from rules.admin.rulesets import RulesetAdmin
from rules.admin.verticals import VerticalAdmin

__all__ = ["RulesetAdmin", "VerticalAdmin"]
