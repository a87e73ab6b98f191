"""The timeline of a case: entries, who is mentioned in them, files that came with them."""

from django.db import models
from django.utils import timezone as clock

from cases.models.case import Case
from foundation.ids import uuid7
from foundation.models import User


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
        MERGED = "merged", "merged"
        PROPOSED = "proposed", "decision waits for a second person"
        UNDONE = "undone", "decision taken back"
        OUTCOME = "outcome", "outcome of a transaction"
        LISTED = "listed", "identifier put on a list"
        ASKED = "asked", "information requested"
        ATTACHED = "attached", "file attached"
        REPORTED = "reported", "report"
        WARNED = "warned", "due soon"
        WOKE = "woke", "back from snooze"

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


class Mention(models.Model):
    """A person named in a note, who should look at it."""

    entry = models.ForeignKey(CaseEntry, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["entry", "user"], name="mention_once"),
        ]
        indexes = [
            models.Index(  # serves: what a person has not looked at yet
                fields=["user", "-id"], name="mention_unseen", condition=models.Q(seen_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.entry_id}"


class Attachment(models.Model):
    """A file of the case. Its content lies encrypted outside of the web root."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100, help_text="Found in the content.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the content.")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
