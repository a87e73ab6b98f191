"""What pages, API and commands call about change sets; see the package's docstring."""

from studio.changes.editing import create_change_set, describe, drop_edit, put_edit
from studio.changes.emergencies import alert_overdue, open_reviews, publish_now, review_emergency
from studio.changes.errors import ChangeRefused, EvidenceStale, Outdated
from studio.changes.evidence import (
    attach_evidence,
    drop_evidence,
    note_trial,
    standing,
    take_trial,
)
from studio.changes.freshness import rebase_edit, resolve
from studio.changes.preflight import Preflight, Remark, look_over
from studio.changes.proposing import comment, propose, reopen, withdraw
from studio.changes.scheduling import publish_due
from studio.changes.undoing import invert, is_in_effect, roll_back
from studio.changes.wishes import NewRule, Retire, RuleEdit, StateMove, VerticalEdit, Wish

__all__ = [
    "ChangeRefused",
    "EvidenceStale",
    "NewRule",
    "Outdated",
    "Preflight",
    "Remark",
    "Retire",
    "RuleEdit",
    "StateMove",
    "VerticalEdit",
    "Wish",
    "alert_overdue",
    "attach_evidence",
    "comment",
    "create_change_set",
    "describe",
    "drop_edit",
    "drop_evidence",
    "invert",
    "is_in_effect",
    "look_over",
    "note_trial",
    "open_reviews",
    "propose",
    "publish_due",
    "publish_now",
    "put_edit",
    "rebase_edit",
    "reopen",
    "resolve",
    "review_emergency",
    "roll_back",
    "standing",
    "take_trial",
    "withdraw",
]
