"""Suspicious-activity reports: a draft from the facts, edited by people, approved by another."""

from django.db import models
from django.utils import timezone as clock

from cases.models.case import Case
from foundation.ids import uuid7
from foundation.models import ApprovalRequest, User


class ActivityReport(models.Model):
    """One version of a report. An edit is a new row; the newest counts; an approved one stays."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        SUBMITTED = "submitted", "waits for approval"
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="reports")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    sealed = models.BinaryField(help_text="Who, what, when, where, why: encrypted.")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    approval = models.ForeignKey(
        ApprovalRequest, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ("-version",)
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="report_version_once"),
        ]

    def __str__(self) -> str:
        return f"Report {self.version} on {self.case_id}"
