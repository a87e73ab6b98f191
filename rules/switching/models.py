"""Who threw which switch, when and why. What is on now stands in Publication, too, for scoring."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone as clock

from rules.switching.reading import Mode


class Switch(models.Model):
    """One throw of a vertical's switch. It ends by itself: `ends_at` is compared when deciding."""

    vertical = models.CharField(max_length=32)
    mode = models.CharField(max_length=12, choices=[(m.value, m.words) for m in Mode])
    reason = models.TextField()
    thrown_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    thrown_by_name = models.CharField(max_length=150)
    approval = models.ForeignKey(
        "foundation.ApprovalRequest", null=True, on_delete=models.PROTECT, related_name="+"
    )
    thrown_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Where somebody ended it ahead of time.")
    ended_by_name = models.CharField(max_length=150, blank=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "switches"
        default_permissions = ("view",)
        permissions = [
            ("throw_switch", "Can throw and end a vertical's switch"),
            ("approve_switch", "Can approve switches that others ask for"),
        ]
        constraints = [
            models.CheckConstraint(
                name="switch_mode_known", condition=Q(mode__in=[m.value for m in Mode])
            ),
            models.CheckConstraint(
                name="switch_ends_later", condition=Q(ends_at__gt=F("thrown_at"))
            ),
        ]
        indexes = [
            # What is on now: the banner, and what a new throw replaces.
            models.Index(fields=["vertical"], name="switch_on", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.vertical}: {Mode(self.mode).words}"
