"""Calls of client systems that changed a case, so that a repeat does nothing again."""

from django.db import models
from django.utils import timezone as clock

from cases.models.case import Case
from foundation.models import User


class CaseCall(models.Model):
    """What came under one `Idempotency-Key`. Kept for a week."""

    by = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=255)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    fingerprint = models.BinaryField(max_length=32, help_text="Of address and fields.")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], name="case_call_once"),
        ]
        indexes = [
            models.Index(fields=["by", "at"], name="case_call_age"),  # serves: forgetting old ones
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.by}"
