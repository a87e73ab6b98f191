"""Tables of the studio, a module for each subject."""

from studio.models.backtests import Backtest
from studio.models.changes import ChangeEdit, ChangeEntry, ChangeSet, EmergencyReview
from studio.models.curves import CostAssumptions, Curve
from studio.models.health import BookHealth
from studio.models.rollout import ActivityMark, Demotion, RuleWatch
from studio.models.summaries import RuleSummary

__all__ = [
    "ActivityMark",
    "Backtest",
    "BookHealth",
    "ChangeEdit",
    "ChangeEntry",
    "ChangeSet",
    "CostAssumptions",
    "Curve",
    "Demotion",
    "EmergencyReview",
    "RuleSummary",
    "RuleWatch",
]
