"""Tables of the studio, a module for each subject."""

from studio.models.backtests import Backtest
from studio.models.rollout import ActivityMark, Demotion, RuleWatch
from studio.models.summaries import RuleSummary

__all__ = ["ActivityMark", "Backtest", "Demotion", "RuleSummary", "RuleWatch"]
