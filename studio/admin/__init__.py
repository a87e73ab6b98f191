"""The risk manager's pages."""

from studio.admin.book import RuleAdmin
from studio.admin.health import HealthAdmin
from studio.admin.optimise import CurveAdmin
from studio.admin.rollout import RolloutAdmin

__all__ = ["CurveAdmin", "HealthAdmin", "RolloutAdmin", "RuleAdmin"]
