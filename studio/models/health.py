"""What the rule book turned out to be on recorded decisions."""

from django.db import models

from clients.models import Institution


class BookHealth(models.Model):
    """One institution's counts under the ruleset in force, replaced by each run.

    `counts` is a `studio.health.counts.Counts`: plain numbers, so that those of several
    institutions add up to what a person sees; None where it had no decision. With `error` the last
    run failed, and all else is of the one before.
    """

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="+"
    )
    ruleset = models.PositiveIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    made_at = models.DateTimeField()
    seconds = models.FloatField(default=0.0)
    counts = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "health of the book"
        verbose_name_plural = "health of the book"

    def __str__(self) -> str:
        return f"health of the book for institution {self.institution_id}"
