"""The case: what is known of it, who has it, how it ended."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from cases.models.queue import Queue
from clients.models import Institution
from foundation.models import ApprovalRequest, User
from scoring.models import Decision
from transactions.models import Customer


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
    typology = models.CharField(max_length=64, blank=True, help_text="As decided.")
    suspected = models.CharField(
        max_length=64, blank=True, help_text="The typology that its reasons point to."
    )
    codes = ArrayField(
        models.CharField(max_length=64),
        default=list,
        help_text="Of the rules that fired on its transactions.",
    )
    queue = models.ForeignKey(
        Queue,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        help_text="The shared queue whose times it has to keep; the usual times without one.",
    )
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
    amount_usd = models.FloatField("at risk, in US dollars", default=0.0)
    rank = models.FloatField(help_text="Expected loss and age; the highest goes first.")
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(
        null=True, blank=True, help_text="When its assignee last did something with it."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    proposal = models.ForeignKey(
        ApprovalRequest,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="The verdict that waits for a second person.",
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-rank",)
        default_permissions = ("view",)
        permissions = [
            ("work_case", "Can claim, note and decide cases"),
            ("list_identifier", "Can block or allow identifiers of cases for a limited time"),
            ("supervise_case", "Can assign, hand over and reopen anybody's cases"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=~Q(status="closed"), name="case_open_once"
            ),
            models.CheckConstraint(
                name="case_closed_with_disposition",
                condition=Q(status="closed", closed_at__isnull=False)
                & (~Q(disposition="") | Q(merged_into__isnull=False))
                | ~Q(status="closed")
                & Q(closed_at__isnull=True, disposition="", merged_into__isnull=True),
            ),
        ]
        indexes = [
            models.Index(  # serves: the queue of one institution
                fields=["institution", "-rank", "-id"],
                name="case_queue",
                condition=~Q(status="closed"),
            ),
            models.Index(  # serves: the queue of several
                fields=["-rank", "-id"], name="case_ranked", condition=~Q(status="closed")
            ),
            models.Index(  # serves: claim next in one institution
                fields=["institution", "-rank", "-id"],
                name="case_unclaimed",
                condition=Q(assignee=None) & ~Q(status="closed"),
            ),
            models.Index(  # serves: claim next in several
                fields=["-rank", "-id"],
                name="case_unclaimed_ranked",
                condition=Q(assignee=None) & ~Q(status="closed"),
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
            GinIndex(  # serves: similar cases of the past
                fields=["codes"], name="case_codes", condition=Q(status="closed")
            ),
            models.Index(  # serves: warnings before the due time, release on inactivity
                fields=["due_at"], name="case_due", condition=~Q(status="closed")
            ),
            models.Index(  # serves: waking what was snoozed
                fields=["snoozed_until"],
                name="case_asleep",
                condition=Q(snoozed_until__isnull=False) & ~Q(status="closed"),
            ),
        ]

    def __str__(self) -> str:
        return f"Case {self.pk}"

    def is_overdue(self, now: datetime) -> bool:
        return self.status != Case.Status.CLOSED and self.due_at < now

    def is_asleep(self, now: datetime) -> bool:
        """Snoozed, and not yet to come back."""
        return self.snoozed_until is not None and self.snoozed_until > now


class Closing(models.Model):
    """A verdict that takes effect in a few seconds, unless who gave it takes it back.

    Until then nothing leaves the house: no label, no outcome, no event. A case that has changed
    meanwhile is not closed.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="closing")
    disposition = models.CharField(max_length=16, choices=Case.Disposition)
    typology = models.CharField(max_length=64, blank=True)
    reason = models.TextField(max_length=2_000)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="Of the case that was judged.")
    effective_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.case_id} as {self.disposition}"
