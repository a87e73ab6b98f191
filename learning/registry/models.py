"""Comparisons of models, as evidence for who approves a promotion."""

import datetime as dt
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from scoring.serving.models import ModelVersion


class ModelComparison(models.Model):
    """A challenger against the champion on the transactions that both scored. Never changed."""

    champion = models.ForeignKey(ModelVersion, models.PROTECT, related_name="+")
    challenger = models.ForeignKey(ModelVersion, models.PROTECT, related_name="comparisons")
    rows = models.PositiveIntegerField(help_text="Labelled transactions.")
    frauds = models.PositiveIntegerField()
    figures = models.JSONField(help_text="Of both, with bounds and curves.")
    objections = models.JSONField(default=list, help_text="Why it should not be promoted.")
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(  # serves: the latest comparison of a model
                fields=["challenger", "-made_at"], name="comparison_latest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.challenger} against {self.champion}"

    @property
    def passes(self) -> bool:
        return not self.objections


GIVEN_UP_AFTER: Final = dt.timedelta(minutes=10)
"""From then on one that has not ended passes for cut off: it takes seconds."""


class ComparisonRun(models.Model):
    """A comparison that somebody asked for, while a worker makes it and how that ended."""

    class State(models.TextChoices):
        RUNNING = "running", "being compared"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    challenger = models.ForeignKey(ModelVersion, models.PROTECT, related_name="comparison_runs")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    said = models.CharField(max_length=400, blank=True, help_text="Why it failed.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="comparison_once_at_a_time",
                fields=["challenger"],
                condition=Q(state="running"),
            )
        ]
        indexes = [
            models.Index(  # serves: a model's page
                fields=["challenger", "-asked_at"], name="comparison_run_latest"
            )
        ]

    def __str__(self) -> str:
        return f"comparison of {self.challenger}: {self.state}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING and not self.is_cut_off

    @property
    def is_cut_off(self) -> bool:
        is_old = clock.now() - self.asked_at > GIVEN_UP_AFTER
        return self.state == self.State.RUNNING and is_old
