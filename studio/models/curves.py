"""Curves of thresholds, kept so that a slider answers at once, and what people assume of costs."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock


class Curve(models.Model):
    """What each value of one target would have decided; `studio.optimise` makes and reads it.

    `result` is a `curves.Curve`, `replicates` the bootstrap's sums, packed as `storing` says. It
    holds figures of `institutions` and is its maker's alone.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    UNFINISHED = (State.WAITING, State.RUNNING)

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    target = models.JSONField()
    title = models.CharField(max_length=200)
    institutions = ArrayField(models.SlugField())
    window = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0.0)
    alive_at = models.DateTimeField(default=clock.now, help_text="Last sign of life.")
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)
    replicates = models.BinaryField(null=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = "curve"
        indexes = [
            models.Index(fields=["created_by", "-id"], name="curve_of_person"),
            models.Index(  # serves: those that were left
                fields=["alive_at"],
                name="curve_unfinished",
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CostAssumptions(models.Model):
    """What one person takes mistakes to cost; without a row the installation's settings count."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    said = models.JSONField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"assumptions of user {self.user_id}"
