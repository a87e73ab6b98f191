"""The rule book: rules with their immutable versions, published rulesets, verticals."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from rules.definition import (
    FLAGGED,
    VERTICALS,
    Definition,
    Effect,
    Parameter,
    Severity,
    Snapshot,
    State,
    VerticalConfig,
)


def _choices(kinds: type[StrEnum]) -> list[tuple[str, str]]:
    return [(kind.value, kind.value) for kind in kinds]


class Rule(models.Model):
    """A rule's identity and standing; what it says is in its versions."""

    code = models.SlugField(max_length=64, unique=True)
    state = models.CharField(max_length=8, choices=_choices(State), default=State.DRAFT.value)
    canary_percent = models.DecimalField(
        "canary share",
        max_digits=5,
        decimal_places=2,
        default=Decimal(10),
        help_text="Percentage of customers for whom the rule decides while it is a canary.",
    )
    current = models.ForeignKey(
        "RuleVersion", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    builtin = models.BooleanField(default=False, editable=False)
    # The definition as last taken from the catalogue: differs from the current version's when
    # someone edited it here, and from the file's when the catalogue moved on.
    shipped = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField("last change", auto_now=True)

    class Meta:
        ordering = ["code"]
        default_permissions = ("add", "change", "view")
        constraints = [
            models.CheckConstraint(
                name="rule_state_known", condition=Q(state__in=[s.value for s in State])
            ),
            models.CheckConstraint(
                name="rule_canary_percent_bounded",
                condition=Q(canary_percent__gte=0, canary_percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def version(self) -> "RuleVersion":
        """The current version; a rule is never without one outside the service that creates it."""
        if self.current is None:
            raise ValueError(f"rule {self.code} has no version")
        return self.current

    @property
    def catalogue_fingerprint(self) -> str:
        """Of what was shipped last; empty for a rule of this installation's own."""
        return "" if self.shipped is None else Definition.load(self.shipped).fingerprint


class RuleVersion(models.Model):
    """What a rule said at one time. The database refuses to change or delete a row."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=32)
    family = models.CharField(max_length=64)
    flag_type = models.CharField(max_length=64)
    description = models.TextField(blank=True)
    condition = models.TextField()
    parameters = models.JSONField(default=list, blank=True)
    score = models.TextField(help_text="A number or an expression; 0 to 100 points.")
    confidence = models.FloatField()
    severity = models.CharField(max_length=8, choices=_choices(Severity))
    effect = models.CharField(max_length=8, choices=_choices(Effect), default=Effect.SCORE.value)
    only = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    exclude = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    reason = models.TextField("reason template")
    sentinel_id = models.CharField(max_length=64, blank=True)
    tags = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    owner = models.CharField(max_length=120, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    author_name = models.CharField(max_length=150)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint("rule", "number", name="rule_version_number_unique"),
            models.CheckConstraint(
                name="rule_version_confidence_bounded",
                condition=Q(confidence__gte=0, confidence__lte=1),
            ),
            models.CheckConstraint(
                name="rule_version_severity_known",
                condition=Q(severity__in=[s.value for s in Severity]),
            ),
            models.CheckConstraint(
                name="rule_version_effect_known", condition=Q(effect__in=[e.value for e in Effect])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} v{self.number}"

    @property
    def definition(self) -> Definition:
        """The content as plain data."""
        return Definition.load({name: getattr(self, name) for name in DEFINITION_FIELDS})

    @property
    def parameter_list(self) -> tuple[Parameter, ...]:
        """The parameters, typed."""
        return self.definition.parameters


DEFINITION_FIELDS = tuple(Definition.__struct_fields__)


def version_fields(definition: Definition) -> dict[str, Any]:
    """Column values of a RuleVersion that holds the definition."""
    fields = definition.as_dict()
    return {**fields, **{name: list(fields[name]) for name in _ARRAYS}}


_ARRAYS = ("parameters", "only", "exclude", "tags")


def alert_on_all() -> list[str]:
    return list(FLAGGED)


class Vertical(models.Model):
    """A line of business with its own thresholds, weights and currencies."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    review_threshold = models.PositiveSmallIntegerField(
        default=40, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    fraud_score_threshold = models.PositiveSmallIntegerField(
        "decline threshold", default=60, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    aml_threshold = models.PositiveSmallIntegerField(
        "AML threshold", default=80, validators=[MaxValueValidator(100)]
    )
    rules_weight = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.6"))
    ml_weight = models.DecimalField(
        "model weight", max_digits=4, decimal_places=3, default=Decimal("0.4")
    )
    currencies = ArrayField(models.CharField(max_length=3))
    rule_weights = models.JSONField(default=dict, blank=True)
    alert_on = ArrayField(
        models.CharField(max_length=8),
        default=alert_on_all,
        blank=True,
        help_text="Decisions that become an alert for the analysts.",
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField("last change", auto_now=True)

    class Meta:
        ordering = ["code"]
        default_permissions = ("change", "view")
        constraints = [
            models.CheckConstraint(name="vertical_code_known", condition=Q(code__in=VERTICALS)),
            models.CheckConstraint(
                name="vertical_thresholds_ordered",
                condition=Q(
                    review_threshold__gte=1,
                    review_threshold__lte=F("fraud_score_threshold"),
                    fraud_score_threshold__lte=100,
                ),
            ),
            models.CheckConstraint(
                name="vertical_aml_threshold_bounded", condition=Q(aml_threshold__lte=100)
            ),
            models.CheckConstraint(
                name="vertical_weights_sum_to_one",
                condition=Q(rules_weight__gte=0, ml_weight__gte=0)
                & Q(rules_weight=1 - F("ml_weight")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def config(self) -> VerticalConfig:
        """The row as a snapshot holds it."""
        return VerticalConfig(
            code=self.code,
            name=self.name,
            review_threshold=self.review_threshold,
            fraud_score_threshold=self.fraud_score_threshold,
            aml_threshold=self.aml_threshold,
            rules_weight=float(self.rules_weight),
            ml_weight=float(self.ml_weight),
            currencies=tuple(self.currencies),
            rule_weights={code: float(weight) for code, weight in self.rule_weights.items()},
            alert_on=tuple(status for status in FLAGGED if status in self.alert_on),
        )


class Proposal(models.Model):
    """A snapshot frozen when it was proposed: what is approved is what is published."""

    snapshot = models.JSONField()
    base = models.ForeignKey(
        "Ruleset", null=True, on_delete=models.PROTECT, related_name="+", help_text="In force then."
    )
    rolls_back_to = models.ForeignKey(
        "Ruleset", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class Ruleset(models.Model):
    """A published, numbered, immutable snapshot of rules and verticals."""

    number = models.PositiveIntegerField(primary_key=True)
    snapshot = models.JSONField()
    note = models.TextField()
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    rolls_back_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    proposal = models.OneToOneField(
        Proposal, null=True, on_delete=models.PROTECT, related_name="ruleset"
    )
    approval = models.ForeignKey(
        "foundation.ApprovalRequest", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by_name = models.CharField(max_length=150)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        default_permissions = ("view",)
        permissions = [
            ("publish_ruleset", "Can propose to publish or roll back the rules"),
            ("approve_ruleset", "Can approve what others propose to publish"),
        ]

    def __str__(self) -> str:
        return f"ruleset {self.number}"

    @property
    def content(self) -> Snapshot:
        """The snapshot, typed."""
        return Snapshot.load(self.snapshot)


class Publication(models.Model):
    """The one row that says what is in force; scoring reads it with every transaction."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ruleset = models.ForeignKey(
        Ruleset, on_delete=models.PROTECT, related_name="+", db_column="ruleset_number"
    )
    # By vertical; see rules/switching. Here, because scoring reads this row anyway.
    switches = models.JSONField("operator's switches", default=dict)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="publication_single_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"ruleset {self.ruleset_id} is in force"


import rules.switching.models  # noqa: E402, F401
