"""The risk manager's pages."""

from studio.admin.backtests import BacktestAdmin
from studio.admin.book import RuleAdmin
from studio.admin.changes import ChangeSetAdmin
from studio.admin.health import HealthAdmin
from studio.admin.optimise import CurveAdmin
from studio.admin.rollout import RolloutAdmin
from studio.admin.switches import SwitchAdmin
from studio.admin.verticals import VerticalAdmin

__all__ = [
    "BacktestAdmin",
    "ChangeSetAdmin",
    "CurveAdmin",
    "HealthAdmin",
    "RolloutAdmin",
    "RuleAdmin",
    "SwitchAdmin",
    "VerticalAdmin",
]
