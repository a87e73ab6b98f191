"""Decisions and the counts kept of them."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models

from clients.models import Institution
from transactions.models import Customer, Transaction


class Decision(models.Model):
    """What was decided on a transaction, and all that it takes to decide it again.

    Written once, in the same statement as its transaction; a trigger refuses any change. What
    follows (a reviewer's outcome, an explanation, a label) is a row of its own.
    """

    class Status(models.TextChoices):
        APPROVED = "approved", "approved"
        REVIEW = "review", "review"
        DECLINED = "declined", "declined"

    class Level(models.TextChoices):
        LOW = "low", "low"
        MEDIUM = "medium", "medium"
        HIGH = "high", "high"
        CRITICAL = "critical", "critical"

    transaction = models.OneToOneField(
        Transaction, models.PROTECT, primary_key=True, db_constraint=False
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    decided_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status)
    risk_level = models.CharField(max_length=8, choices=Level)
    fraud_score = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    rule_score = models.FloatField()
    ml_score = models.FloatField(null=True)
    ml_probability = models.FloatField(null=True)
    effect = models.CharField(
        max_length=8, blank=True, help_text="The effect that outranked the score, if one did."
    )
    use_ml = models.BooleanField("model wanted")
    degraded = ArrayField(models.CharField(max_length=16), default=list)
    hits = models.JSONField(help_text="Live rules that fired, with score, weight and reason.")
    shadow_hits = models.JSONField(default=list, help_text="The same for rules without effect.")
    ruleset_number = models.PositiveIntegerField()
    model_version = models.CharField(max_length=64, blank=True)
    catalogue_version = models.PositiveSmallIntegerField()
    hash_version = models.PositiveSmallIntegerField(help_text="Key of the hashes in the vector.")
    numbers = ArrayField(models.FloatField(null=True), help_text="The vector's numbers, packed.")
    texts = ArrayField(models.TextField(null=True), help_text="The vector's texts, packed.")
    inputs = models.JSONField(
        help_text="What else it read: rates, list hits, our values that a supplied one beat."
    )

    class Meta:
        indexes = [
            models.Index(  # serves: the flagged ones, newest first
                fields=["institution", "status", "-transaction"],
                name="decision_flagged",
                condition=~models.Q(status="approved"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.fraud_score}"

    @property
    def top_reason(self) -> str:
        """The reason of the hit that is worth most; empty without hits."""
        if not self.hits:
            return ""
        return str(max(self.hits, key=lambda hit: hit["worth"])["reason"])


class CustomerProfile(models.Model):
    """What a customer usually does; `scoring/profiles` writes and reads it, docs/profiles.md tells.

    One small row a customer, changed after each decision and read with the next.
    """

    # No database constraints: each would lock the other row whenever a profile is made.
    customer = models.OneToOneField(
        Customer, models.PROTECT, primary_key=True, db_constraint=False, related_name="profile"
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    habits = models.BinaryField(
        help_text="scoring.profiles.habits.Habits as MessagePack; no larger than its MOST_BYTES."
    )
    updated_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"profile of customer {self.customer_id}"


class StoredFeature(models.Model):
    """Where each feature stands in a stored vector, by catalogue version; kept for plain SQL.

    Filled from the catalogue after every migrate. The view `decision_features` reads it.
    """

    catalogue_version = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    category = models.CharField(max_length=32)
    type = models.CharField(max_length=16)
    is_number = models.BooleanField(help_text="Among the numbers, else among the texts.")
    position = models.PositiveSmallIntegerField(help_text="In its array, from 1 as SQL counts.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue_version", "name", "category"], name="feature_stored_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Daily(models.Model):
    """Counts by the day (UTC) of the transaction, kept by the worker from decision events."""

    day = models.DateField()
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    vertical = models.CharField(max_length=32)

    class Meta:
        abstract = True


class DecisionActivity(Daily):
    """How many decisions of each status a day had."""

    status = models.CharField(max_length=8, choices=Decision.Status)
    decisions = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "decision activity"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "institution", "vertical", "status"], name="decisions_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.day}"


class RuleActivity(Daily):
    """How often a rule fired on a day, with effect and without, and how often it raised."""

    rule_code = models.CharField(max_length=64)
    live_hits = models.PositiveBigIntegerField(default=0)
    shadow_hits = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "rule activity"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "institution", "vertical", "rule_code"], name="activity_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.day}"


import scoring.serving.models  # noqa: E402, F401
