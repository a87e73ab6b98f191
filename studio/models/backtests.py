"""Backtests that were asked for: what was tried, how far it is, what came of it."""

from django.db import models
from django.utils import timezone as clock

from foundation.ids import uuid7
from foundation.models import User


class Backtest(models.Model):
    """A change tried on past decisions. `result` is a `contract.Result`, once it is done.

    Whoever claims it raises `attempt`, so that one taken for dead cannot write over the next.
    """

    class Kind(models.TextChoices):
        RULE = "rule", "one rule"
        RULESET = "ruleset", "whole ruleset"

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    UNFINISHED = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=7, choices=Kind)
    code = models.CharField(max_length=64, blank=True, help_text="The rule's, of one rule.")
    edit = models.JSONField()
    window = models.JSONField()
    ruleset_number = models.PositiveIntegerField(
        help_text="In force then; what it is held against."
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    progress = models.FloatField(default=0.0, help_text="Share of the archive's rows, 0 to 1.")
    rows = models.PositiveBigIntegerField(help_text="Archived in the window, of all institutions.")
    attempt = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True)
    told = models.CharField(max_length=500, blank=True, help_text="Why it failed.")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(default=clock.now, help_text="Last sign of life.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        indexes = [
            models.Index(  # serves: how many a person has unfinished, and those that were left
                fields=["by", "alive_at"],
                name="backtest_unfinished",
                condition=models.Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["by", "-requested_at"], name="backtest_mine"),
            models.Index(  # serves: pruning
                fields=["finished_at"],
                name="backtest_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"backtest of {self.code or 'a ruleset'}, {self.state}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED
