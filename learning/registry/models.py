"""Comparisons of models, as evidence for who approves a promotion."""

from django.db import models

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
