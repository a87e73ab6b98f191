"""Institutions, the staff who work for them, their API keys and tiers."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone as clock

from foundation.money import is_currency


def validate_currency(code: str) -> None:
    if not is_currency(code):
        raise ValidationError("%(code)s is no currency code; one is NGN.", params={"code": code})


class Institution(models.Model):
    """A client: whose systems send transactions and whose data is kept apart from others'."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    # Of transactions that name no currency.
    base_currency = models.CharField(max_length=3, default="USD", validators=[validate_currency])
    is_demo = models.BooleanField(default=False, editable=False)  # refused outside demo mode
    is_active = models.BooleanField(
        default=True, help_text="Keys of an inactive institution are refused."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("name",)
        default_permissions = ("view", "add", "change")  # never deleted: its data refers to it
        permissions = [("see_all_institutions", "Sees the data of every institution")]
        constraints = [
            models.CheckConstraint(
                name="institution_currency_code",
                condition=models.Q(base_currency__regex=r"^[A-Z]{3}$"),
            )
        ]

    def __str__(self) -> str:
        return self.name


class StaffScope(models.Model):
    """A person works for an institution and sees its data."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="scopes")
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="staff")

    class Meta:
        default_permissions = ("view", "add", "delete")
        constraints = [
            models.UniqueConstraint(fields=["user", "institution"], name="staff_scope_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.institution}"


STANDARD_TIER = "standard"
"""The tier of those for whom none is named."""

validate_tier_name = RegexValidator(  # it goes out in a header
    r"\A[A-Za-z0-9][A-Za-z0-9 _-]*\Z", "Letters, digits, spaces, hyphens and underscores only."
)


class Tier(models.Model):
    """How much a key may ask for."""

    name = models.CharField(max_length=40, unique=True, validators=[validate_tier_name])
    requests_per_minute = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    class Meta:
        ordering = ("requests_per_minute",)
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                name="tier_allows_something", condition=models.Q(requests_per_minute__gte=1)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.requests_per_minute:,} a minute)"


class Scope(models.TextChoices):
    """What a key opens."""

    SCORE = "score", "Send transactions and get decisions"
    READ = "read", "Read transactions and decisions"
    FEEDBACK = "feedback", "Tell what transactions turned out to be"
    WEBHOOKS = "webhooks", "Manage webhook endpoints"
    CASES_READ = "cases:read", "Read cases"
    CASES_WORK = "cases:work", "Claim, note and decide cases"
    RULES_READ = "rules:read", "Read change sets and rules"
    RULES_PROPOSE = "rules:propose", "Write change sets and propose them"


USUAL_SCOPES = (Scope.SCORE, Scope.READ, Scope.FEEDBACK, Scope.WEBHOOKS)
"""Of keys for which none are named. What reviewers do is asked for by name."""


def default_scopes() -> list[str]:
    return [str(scope) for scope in USUAL_SCOPES]


class ApiKey(models.Model):
    """A key of an institution. Only the hash of its secret is stored; the prefix names it."""

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80, help_text="Which system uses it.")
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=default_scopes)
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)  # to the minute

    class Meta:
        verbose_name = "API key"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = [("manage_apikey", "Can issue and revoke API keys")]

    def __str__(self) -> str:
        return f"fs_{self.prefix}_••••"

    def state(self, now: datetime) -> str:
        """active, revoked or expired: a revoked key stays revoked when its time is over."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"

    def as_recorded(self) -> dict[str, Any]:
        """What the audit trail keeps of a key."""
        return {
            "name": self.name,
            "prefix": self.prefix,
            "scopes": list(self.scopes),
            "tier": self.tier.name,
            "expires_at": self.expires_at,
        }


# Django looks for a room's models here; these refer to those above by name.
import clients.accounts.models  # noqa: E402
import clients.webhooks.models  # noqa: E402, F401
