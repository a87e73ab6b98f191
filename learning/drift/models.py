"""How far traffic was from what a model was trained on, day by day."""

from django.db import models

from scoring.serving.models import ModelVersion


class DriftReport(models.Model):
    """The traffic of the days up to `day` against a model's training sample. One a model and day:
    looked at again on the same day, it is replaced."""

    class Verdict(models.TextChoices):
        TOO_FEW = "too_few", "too few decisions"
        STABLE = "stable", "stable"
        WATCH = "watch", "watch"
        ACT = "act", "act"

    model = models.ForeignKey(ModelVersion, models.PROTECT, related_name="drift_reports")
    day = models.DateField(help_text="UTC.")
    n = models.PositiveIntegerField("decisions", help_text="Of the days that were looked at.")
    verdict = models.CharField(max_length=7, choices=Verdict)
    said = models.CharField(max_length=400)
    performance = models.JSONField(
        default=dict, help_text="Precision and calibration on what is known by now."
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model", "day"], name="drift_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.model} on {self.day}: {self.verdict}"


class FeatureDrift(models.Model):
    """One column of a report: its population stability index."""

    SCORE = "ml_score"

    report = models.ForeignKey(DriftReport, models.CASCADE, related_name="features")
    feature = models.CharField(max_length=100)
    psi = models.FloatField("PSI")
    n = models.PositiveIntegerField("decisions")
    weight = models.FloatField(
        null=True, help_text="Its share of what the model's trees gained; empty for the score."
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["report", "feature"], name="drift_feature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.feature}: {self.psi:.3f}"
