"""Suggestions for rules' weights, and the runs that made them."""

from django.db import models


class WeightRun(models.Model):
    """One look at a vertical's outcomes."""

    vertical = models.CharField(max_length=32)
    rows = models.PositiveIntegerField(help_text="Decisions whose outcome is known.")
    frauds = models.PositiveIntegerField()
    said = models.CharField(max_length=400)
    figures = models.JSONField(default=dict, help_text="On later days, before and after all.")
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["vertical", "-made_at"], name="weight_run_latest")  # the page
        ]

    def __str__(self) -> str:
        return f"{self.vertical}, {self.made_at:%Y-%m-%d}"


class WeightSuggestion(models.Model):
    """What one rule should weigh in one vertical. Only its state ever changes."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        TAKEN = "taken", "in the working copy"
        DISMISSED = "dismissed", "dismissed"
        SUPERSEDED = "superseded", "superseded"

    run = models.ForeignKey(WeightRun, models.PROTECT, related_name="suggestions")
    vertical = models.CharField(max_length=32)
    code = models.CharField("rule", max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    weight_before = models.FloatField("weight now")
    weight = models.FloatField("suggested weight")
    low = models.FloatField(help_text="Of the suggested weight, at 5 %.")
    high = models.FloatField(help_text="At 95 %.")
    hits = models.PositiveIntegerField(help_text="With a known outcome.")
    frauds = models.PositiveIntegerField(help_text="Hits that were fraud.")
    figures = models.JSONField(help_text="On later days, with this change alone.")
    settled_by = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "weight suggestion"
        constraints = [
            models.UniqueConstraint(
                fields=["vertical", "code"],
                name="weight_one_open",
                condition=models.Q(state="open"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} in {self.vertical}"

    @property
    def genuine(self) -> int:
        """Hits that were not fraud."""
        return self.hits - self.frauds
