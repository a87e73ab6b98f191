"""What is known of the world: what currencies were worth, and which values are on which list."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from clients.models import Institution
from intelligence.kinds import KINDS

KIND_CHOICES = [(kind.code, kind.title) for kind in KINDS.values()]


class ExchangeRate(models.Model):
    """Units of a currency that one US dollar bought on a day."""

    day = models.DateField()
    currency = models.CharField(max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")])
    per_usd = models.DecimalField("units per USD", max_digits=24, decimal_places=10)
    source = models.CharField(max_length=120)

    class Meta:
        ordering = ["-day", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="rate_once_a_day"),
            models.CheckConstraint(condition=models.Q(per_usd__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}"


class Effect(models.TextChoices):
    """What a match does to the decision by itself, besides what rules make of it."""

    NONE = "", "only rules decide"
    ALLOW = "allow", "allow"
    REVIEW = "review", "review"
    DECLINE = "decline", "decline"


class List(models.Model):
    """A named set of values that rules ask for: `listed(email, "blocked_emails")`.

    The name stays for good, as rules hold it. A list of one institution matches its transactions
    only; a shared one holds entries for everybody and entries of single institutions.
    """

    name = models.CharField(
        primary_key=True,
        max_length=50,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*$", "Lower-case letters, digits and underscores, a letter first."
            )
        ],
    )
    title = models.CharField(max_length=80)
    description = models.CharField(max_length=500, blank=True)
    kinds = ArrayField(models.CharField(max_length=20, choices=KIND_CHOICES))
    default_effect = models.CharField(max_length=8, choices=Effect, blank=True)
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_builtin = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("name",)
        default_permissions = ("view", "add", "change")  # rules refer to it, entries are history
        permissions = [("share_listentry", "Can edit entries that hold for every institution")]

    def __str__(self) -> str:
        return self.title


class EntryQuerySet(models.QuerySet["ListEntry"]):
    def in_force(self, now: datetime) -> "EntryQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), ended_at=None)

    def expired(self, now: datetime) -> "EntryQuerySet":
        """Over, but not yet marked as ended: nothing needs to notice the moment."""
        return self.filter(ended_at=None, expires_at__lte=now)


class ListEntry(models.Model):
    """One value on a list. Never changed but to end it, never deleted: it is what was known."""

    list = models.ForeignKey(
        List, models.PROTECT, db_index=False, db_column="list_name", related_name="entries"
    )
    # Whose transactions it matches; without one, everybody's.
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    value_hash = models.BinaryField(max_length=16)
    value_sealed = models.BinaryField(null=True, help_text="Of personal kinds, encrypted.")
    value_plain = models.CharField(max_length=255, blank=True, help_text="Of the other kinds.")
    effect = models.CharField(max_length=8, choices=Effect, blank=True)
    reason = models.CharField(max_length=500)
    owner = models.CharField(max_length=150, help_text="The person or team who answers for it.")
    source = models.CharField(max_length=120)
    expires_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "list entries"
        ordering = ("-id",)
        default_permissions = ("view", "add", "change")
        constraints = [
            models.UniqueConstraint(  # serves: the look-up of each decision
                fields=["value_hash", "list", "institution"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="entry_live_once",
            ),
            models.CheckConstraint(
                condition=Q(value_sealed=None) ^ Q(value_plain=""), name="entry_has_one_value"
            ),
        ]
        indexes = [
            models.Index(fields=["list", "-id"], name="entry_of_list"),  # a list's page, its counts
            models.Index(  # with entry_live_once: search by value, history included
                fields=["value_hash"], name="entry_ended", condition=Q(ended_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk} of {self.list_id}"

    def state(self, now: datetime) -> str:
        """in force, expired or ended."""
        if self.ended_at is not None:
            return "ended"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "in force"

    def as_recorded(self) -> dict[str, Any]:
        """What the audit trail keeps of an entry: not the value."""
        return {
            "list": self.list_id,
            "kind": self.kind,
            "effect": self.effect,
            "reason": self.reason,
            "owner": self.owner,
            "source": self.source,
            "expires_at": self.expires_at and self.expires_at.isoformat(),
        }
