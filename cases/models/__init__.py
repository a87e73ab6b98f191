"""Alerts, the cases they join, what was done about them, and what a reviewer decided."""

from cases.models.alert import Alert, ReviewOutcome
from cases.models.bulk import BulkAction, BulkItem
from cases.models.call import CaseCall
from cases.models.case import Case, Closing
from cases.models.entry import Attachment, CaseEntry, Mention
from cases.models.link import Link
from cases.models.queue import Queue
from cases.models.report import ActivityReport

__all__ = [
    "ActivityReport",
    "Alert",
    "Attachment",
    "BulkAction",
    "BulkItem",
    "Case",
    "CaseCall",
    "CaseEntry",
    "Closing",
    "Link",
    "Mention",
    "Queue",
    "ReviewOutcome",
]
