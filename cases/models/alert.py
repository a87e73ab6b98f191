"""Alerts, and what a reviewer made of their transactions."""

from django.db import models
from django.utils import timezone as clock

from cases.models.case import Case
from clients.models import Institution
from foundation.ids import uuid7
from foundation.models import User
from scoring.models import Decision
from transactions.models import Transaction


class Alert(models.Model):
    """A flagged decision that somebody should look at. One for a transaction, whatever repeats."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="alerts")
    transaction = models.OneToOneField(Transaction, models.PROTECT, related_name="alert")
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    status = models.CharField(max_length=8, choices=Decision.Status)
    score = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=400, help_text="The strongest one.")
    amount = models.DecimalField(
        max_digits=24, decimal_places=2, help_text="In the institution's currency."
    )
    loss = models.FloatField(help_text="Expected, in US dollars.")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ("view",)
        indexes = [models.Index(fields=["institution", "-id"], name="alert_newest")]

    def __str__(self) -> str:
        return f"Alert on {self.transaction_id}"


class ReviewOutcome(models.Model):
    """What a reviewer made of a transaction, beside the decision, which never changes.

    The newest counts: reads show it as the transaction's current status.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transaction = models.ForeignKey(Transaction, models.PROTECT, related_name="outcomes")
    case = models.ForeignKey(Case, models.PROTECT, related_name="outcomes")
    status = models.CharField(max_length=8, choices=Decision.Status)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    reason = models.TextField(max_length=2_000)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.status} by {self.by}"
