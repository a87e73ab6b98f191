"""People, the audit trail, events on their way, and requests for approval."""

import zoneinfo
from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone as clock


def validate_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "%(name)s is no time zone; one is Africa/Lagos.", params={"name": name}
        )


class User(AbstractUser):
    """A person of the staff. Never deleted, only deactivated: the audit trail points here."""

    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    is_demo = models.BooleanField(default=False, editable=False)  # refused outside demo mode
    # Sessions name the generation in which they began: raising it ends all earlier ones.
    generation = models.PositiveIntegerField(default=1, editable=False)

    class Meta(AbstractUser.Meta):
        db_table = "foundation_user"

    def get_session_auth_hash(self) -> str:
        """What a session must hold to be good: changes with the password and the generation."""
        return f"{self.generation}.{super().get_session_auth_hash()}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for under_an_older_key in super().get_session_auth_fallback_hash():
            yield f"{self.generation}.{under_an_older_key}"


class AuditEntry(models.Model):
    """Who changed what, from what to what, and why. Append-only: a trigger refuses anything else.

    Only the sealer may fill `sequence`, `previous_hash` and `entry_hash`, all at once and once.
    Values never hold personal data.
    """

    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    # Empty for the system itself; the name is kept beside it as it was.
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)
    institution_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    sequence = models.BigIntegerField(null=True, unique=True)
    previous_hash = models.BinaryField(null=True, max_length=32)
    entry_hash = models.BinaryField(null=True, max_length=32)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        indexes = [
            # The history of one rule, key or case.
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            # What one person did.
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            # The filter of the admin list.
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            # The date filter; rows lie in the order of time, so a tiny index is enough.
            BrinIndex(fields=["recorded_at"], name="audit_by_time", pages_per_range=32),
            # The sealer's question: what is not in the chain yet?
            models.Index(
                fields=["id"], name="audit_unsealed", condition=models.Q(sequence__isnull=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="audit_sealed_whole",
                condition=models.Q(
                    sequence__isnull=True, previous_hash__isnull=True, entry_hash__isnull=True
                )
                | models.Q(
                    sequence__isnull=False, previous_hash__isnull=False, entry_hash__isnull=False
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.subject}"


class AuditChain(models.Model):
    """The head of the chain, one row: shows when entries were cut off its end."""

    sequence = models.BigIntegerField()
    entry_hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"head at {self.sequence}"


class OutboxEvent(models.Model):
    """Something that happened, kept until everybody who wants to know has been told.

    `settled` names the subscribers that are done with it: handled, or set aside as poisoned.
    """

    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    payload = models.JSONField()
    occurred_at = models.DateTimeField(db_default=Now())
    settled = ArrayField(models.CharField(max_length=100), db_default=[], default=list)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("redrive_outbox", "Can hand events to their subscribers again")]
        verbose_name = "event"
        indexes = [
            # What the drain asks for; tiny, since handled events leave it.
            models.Index(
                fields=["id"], name="outbox_pending", condition=models.Q(handled_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class OutboxDelivery(models.Model):
    """Trouble between one event and one subscriber; without trouble there is no row."""

    class State(models.TextChoices):
        RETRYING = "retrying"
        POISONED = "poisoned", "Set aside"

    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.RETRYING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=clock.now)
    error = models.TextField(blank=True)
    failed_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "undelivered event"
        indexes = [
            # Counts what was set aside, for health and the admin's filter.
            models.Index(fields=["state", "-id"], name="outbox_trouble_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="outbox_one_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.subscriber}: event {self.event_id}, {self.get_state_display()}"


class ApprovalRequest(models.Model):
    """A change that waits for other people's consent. What was asked for is frozen (a trigger)."""

    class State(models.TextChoices):
        PENDING = "pending"
        EXECUTED = "executed"
        FAILED = "failed", "Approved, but failed"
        REJECTED = "rejected"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    payload = models.JSONField(encoder=DjangoJSONEncoder)  # what the executor works from
    evidence = models.JSONField(encoder=DjangoJSONEncoder)  # what the approvers looked at
    reason = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    required = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    executed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("vote_approvalrequest", "Can approve or reject requests of others")]
        ordering = ("-id",)
        indexes = [
            # The list of what waits, and the hourly look for what has expired.
            models.Index(fields=["state", "-id"], name="approval_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    def is_open(self, now: datetime) -> bool:
        """Whether votes count: pending and not past its time (the hourly task may lag)."""
        return self.state == self.State.PENDING and now < self.expires_at


class ApprovalVote(models.Model):
    """One person's answer; there is no second one."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="votes")
    voter = models.ForeignKey(User, models.PROTECT, related_name="+")
    approves = models.BooleanField()
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["request", "voter"], name="approval_one_vote_each")
        ]

    def __str__(self) -> str:
        return f"{self.voter} {'approves' if self.approves else 'rejects'}"


# Django looks for a room's models here; these refer to those above by name.
import foundation.signin.models  # noqa: E402, F401
