"""Alerts, the cases they join, what was done about them, and what a reviewer decided."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from clients.models import Institution
from foundation.ids import uuid7
from foundation.models import User
from scoring.models import Decision
from transactions.models import Customer, Transaction


class Case(models.Model):
    """Alerts of one customer that are judged together. A customer has one case open at most.

    `version` grows with every change: a form that was filled in over an older one is refused.
    """

    class Status(models.TextChoices):
        OPEN = "open", "open"
        IN_PROGRESS = "in_progress", "in progress"
        WAITING = "waiting", "waiting"
        ESCALATED = "escalated", "escalated"
        CLOSED = "closed", "closed"

    class Disposition(models.TextChoices):
        CONFIRMED_FRAUD = "confirmed_fraud", "confirmed fraud"
        SUSPECTED = "suspected", "suspected fraud"
        GENUINE = "genuine", "genuine"
        INCONCLUSIVE = "inconclusive", "inconclusive"

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="cases")
    vertical = models.CharField(max_length=32)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    disposition = models.CharField(max_length=16, choices=Disposition, blank=True)
    typology = models.CharField(max_length=64, blank=True)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    score = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(100)], help_text="The highest of its alerts."
    )
    level = models.CharField(max_length=8, choices=Decision.Level)
    amount = models.DecimalField(
        "at risk", max_digits=24, decimal_places=2, help_text="In the institution's currency."
    )
    loss = models.FloatField("expected loss", help_text="In US dollars, for comparison.")
    rank = models.FloatField(help_text="Expected loss and age; the highest goes first.")
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-rank",)
        default_permissions = ("view",)
        permissions = [
            ("work_case", "Can claim, note and decide cases"),
            ("supervise_case", "Can assign, hand over and reopen anybody's cases"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=~Q(status="closed"), name="case_open_once"
            ),
            models.CheckConstraint(
                name="case_closed_with_disposition",
                condition=Q(status="closed", closed_at__isnull=False) & ~Q(disposition="")
                | ~Q(status="closed") & Q(closed_at__isnull=True, disposition=""),
            ),
        ]
        indexes = [
            models.Index(  # serves: claim next, the queue
                fields=["institution", "-rank"], name="case_queue", condition=~Q(status="closed")
            ),
            models.Index(
                fields=["assignee", "due_at"], name="case_mine", condition=~Q(status="closed")
            ),
            models.Index(fields=["customer", "-opened_at"], name="case_customer"),
            models.Index(  # serves: the list of closed ones, newest first
                fields=["institution", "-closed_at"],
                name="case_closed",
                condition=Q(status="closed"),
            ),
        ]

    def __str__(self) -> str:
        return f"Case {self.pk}"


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


class CaseEntry(models.Model):
    """What happened to a case: its timeline, which only grows."""

    class Kind(models.TextChoices):
        OPENED = "opened", "opened"
        ALERTED = "alerted", "alert added"
        CLAIMED = "claimed", "claimed"
        RELEASED = "released", "released"
        ASSIGNED = "assigned", "assigned"
        NOTED = "noted", "note"
        STATUS = "status", "status changed"
        SNOOZED = "snoozed", "snoozed"
        DECIDED = "decided", "decided"
        REOPENED = "reopened", "reopened"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True, max_length=10_000)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "case entries"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


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
