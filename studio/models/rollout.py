"""Rules that decide under watch: their bounds, what was counted, and which were demoted."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from rules.models import Rule


class RuleWatch(models.Model):
    """One rule's bounds and standing before the watch. Empty bounds are the installation's.

    `version` and `since` say which version is judged, and from when: what it did before it began to
    decide, or under an older version, is not held against it. Both are empty while it decides
    nothing.
    """

    rule = models.OneToOneField(Rule, models.CASCADE, primary_key=True, related_name="watch")
    max_share = models.FloatField(null=True, blank=True)
    max_hits_a_day = models.PositiveIntegerField(null=True, blank=True)
    min_precision = models.FloatField(null=True, blank=True)
    min_labelled = models.PositiveIntegerField(null=True, blank=True)
    max_error_share = models.FloatField(null=True, blank=True)
    version = models.PositiveIntegerField(null=True, editable=False)
    since = models.DateTimeField(null=True, editable=False)
    # Of this version since then, over all institutions; pages ask again for those a person sees.
    fraud = models.PositiveIntegerField(default=0, editable=False)
    genuine = models.PositiveIntegerField(default=0, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    held_reason = models.TextField(blank=True, editable=False)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    # What is out of bounds of a rule that was not demoted, because somebody holds it.
    trouble = models.TextField(blank=True, editable=False)
    trouble_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "rollout"
        verbose_name_plural = "rollout"
        constraints = [
            models.CheckConstraint(
                name="watch_shares_bounded",
                condition=(Q(max_share__isnull=True) | Q(max_share__gt=0, max_share__lte=1))
                & (Q(min_precision__isnull=True) | Q(min_precision__gte=0, min_precision__lt=1))
                & (
                    Q(max_error_share__isnull=True)
                    | Q(max_error_share__gt=0, max_error_share__lte=1)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"watch of {self.rule_id}"

    def is_held(self, now: datetime) -> bool:
        """Whether somebody keeps it from automatic demotion at that moment."""
        return self.held_until is not None and self.held_until > now


class ActivityMark(models.Model):
    """All rules' counts as they stood at a moment, so that two of them tell what lay between.

    `totals` is {"day", "decisions": {vertical: n}, "rules": {code: [hits, with effect, errors]}} of
    that UTC day. Kept for two days.
    """

    at = models.DateTimeField(primary_key=True)
    totals = models.JSONField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"activity at {self.at:%Y-%m-%d %H:%M}"


class Demotion(models.Model):
    """A rule that left its bounds and was put into shadow, with the ruleset that did it.

    `words` name shares only, since everybody who sees rules may read them; `figures` hold counts
    over all institutions.
    """

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="demotions")
    version = models.PositiveIntegerField()
    state_before = models.CharField(max_length=8)
    ruleset = models.ForeignKey("rules.Ruleset", models.PROTECT, related_name="+")
    cause = models.CharField(max_length=16)
    words = models.TextField()
    figures = models.JSONField()
    owner = models.CharField(max_length=120, blank=True, help_text="The rule's, at that time.")
    at = models.DateTimeField()
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at"]
        indexes = [
            models.Index(  # serves: what nobody has seen yet, on Home
                fields=["-at"], name="demotion_unseen", condition=Q(seen_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} at {self.at:%Y-%m-%d %H:%M}"
