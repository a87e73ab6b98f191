"""One act on many cases: what was asked for, and what became of each."""

from django.db import models
from django.utils import timezone as clock

from cases.models.case import Case
from foundation.ids import uuid7
from foundation.models import User


class BulkAction(models.Model):
    """Cases that a person picked, frozen when they were shown, and what is done with them.

    A worker takes them one by one; one that dies leaves the rest waiting for the next.
    """

    class Kind(models.TextChoices):
        ASSIGN = "assign", "hand over"
        RELEASE = "release", "release"
        ESCALATE = "escalate", "escalate"
        SNOOZE = "snooze", "snooze"
        CLOSE = "close", "close"
        MERGE = "merge", "merge"

    class State(models.TextChoices):
        DRAFT = "draft", "shown, not started"
        RUNNING = "running", "running"
        DONE = "done", "done"
        STOPPED = "stopped", "stopped"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    total = models.PositiveIntegerField(default=0)
    more = models.BooleanField(default=False, help_text="Others matched that were left out.")
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True, help_text="When a worker last took some of it.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(  # serves: those that a worker left
                fields=["alive_at"], name="bulk_running", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.total} cases"


class BulkItem(models.Model):
    """One case of a bulk action, as it stood when it was picked."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    bulk = models.ForeignKey(BulkAction, models.CASCADE, related_name="items", db_index=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    told = models.CharField(max_length=300, blank=True, help_text="Why it was refused.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["bulk", "case"], name="bulk_item_once")]
        indexes = [models.Index(fields=["bulk", "state", "id"], name="bulk_item_next")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.state}"
