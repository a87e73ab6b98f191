"""Queues: filters with a name, a person's own or shared by all who work for the institutions."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from foundation.models import User


class Queue(models.Model):
    """A named filter over the cases. Nobody sees more through a queue than without it.

    A shared one (without owner) also takes charge of new cases: of those that its filter leaves,
    in the order of `position`, the first sets the times that must be kept.
    """

    name = models.CharField(max_length=64)
    owner = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: shared."
    )
    filters = models.JSONField(default=dict, help_text="As in the address of the page.")
    position = models.PositiveSmallIntegerField(default=100)
    hours_critical = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    hours_high = models.PositiveSmallIntegerField(
        default=8, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    hours_medium = models.PositiveSmallIntegerField(
        default=24, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    warn_minutes = models.PositiveSmallIntegerField(
        default=60, help_text="So long before the due time the assignee is warned."
    )
    release_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="A claimed case goes back after so long without activity; 0: never."
    )
    auto_assign = models.BooleanField(
        default=False, help_text="New cases go round among those who may work on them."
    )
    most_open = models.PositiveSmallIntegerField(
        default=20, help_text="Nobody is assigned more open cases than this."
    )
    last_assigned = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ("position", "name", "pk")
        default_permissions = ("view", "add", "change", "delete")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"], name="queue_name_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="queue_hours_ordered",
                condition=Q(hours_critical__gte=1)
                & Q(hours_critical__lte=F("hours_high"))
                & Q(hours_high__lte=F("hours_medium")),
            ),
        ]

    def __str__(self) -> str:
        return self.name
