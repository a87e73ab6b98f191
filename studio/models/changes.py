"""Change sets: several edits of the rule book, proposed, approved and published together."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

PERSON = settings.AUTH_USER_MODEL


class ChangeSet(models.Model):
    """What should change, why, and where it stands. Its edits change only while it is a draft."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PROPOSED = "proposed", "waits for approval"
        SCHEDULED = "scheduled", "approved, waits for its time"
        PUBLISHED = "published", "published"
        REJECTED = "rejected", "rejected"
        WITHDRAWN = "withdrawn", "withdrawn"
        FAILED = "failed", "not published"

    class Origin(models.TextChoices):
        PEOPLE = "people", "written here"
        FILE = "file", "imported from a file"
        CATALOGUE = "catalogue", "from the built-in catalogue"
        UNDO = "undo", "undoes another"

    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.PEOPLE)
    # Goes up with whatever is changed in a draft: a form that was filled in before is told.
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(auto_now=True)

    # A backtest's result as it was when attached, and what was tried then.
    evidence = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    evidence_fingerprint = models.CharField(max_length=64, blank=True)
    evidence_at = models.DateTimeField(null=True)

    # The latest backtest of it, and of which edits.
    trial = models.ForeignKey("studio.Backtest", models.SET_NULL, null=True, related_name="+")
    trial_fingerprint = models.CharField(max_length=64, blank=True)

    base = models.ForeignKey(
        "rules.Ruleset", models.PROTECT, null=True, related_name="+", help_text="In force then."
    )
    preflight = models.JSONField(null=True, help_text="As it was when proposed.")
    proposed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    publish_at = models.DateTimeField(null=True)
    approval = models.ForeignKey(
        "foundation.ApprovalRequest", models.PROTECT, null=True, related_name="+"
    )

    ruleset = models.ForeignKey("rules.Ruleset", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=150, blank=True)
    failure = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("publish_emergency", "Can publish changes in an emergency, reviewed later")]
        constraints = [
            models.CheckConstraint(
                name="change_set_published_whole",
                condition=~Q(state="published") | Q(published_at__isnull=False),
            ),
        ]
        indexes = [
            # What the scheduler asks for; tiny, since few wait.
            models.Index(
                fields=["publish_at"], name="change_set_due", condition=Q(state="scheduled")
            ),
            models.Index(fields=["state", "-id"], name="change_set_by_state"),
        ]

    def __str__(self) -> str:
        return f"change set {self.pk}: {self.title}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def stands(self) -> str:
        """Where it stands, as the rest of a sentence: "is published", "waits for approval"."""
        words = self.get_state_display()
        return words if self.state == self.State.PROPOSED else f"is {words}"

    @property
    def is_open(self) -> bool:
        """Whether it may still come into force as it is."""
        return self.state in OPEN


OPEN = (ChangeSet.State.DRAFT, ChangeSet.State.PROPOSED, ChangeSet.State.SCHEDULED)


class ChangeEdit(models.Model):
    """What one change set makes of one rule or vertical: a whole definition, a state, or both.

    `base` is the rule (definition, state, canary share) or vertical that the edit began with;
    empty for a new rule. Without `definition` the rule only moves; without `state` it stays.
    """

    class Subject(models.TextChoices):
        RULE = "rule", "rule"
        VERTICAL = "vertical", "vertical"

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="edits")
    subject = models.CharField(max_length=8, choices=Subject)
    code = models.CharField(max_length=64)
    base_version = models.PositiveIntegerField(default=0)
    base = models.JSONField(null=True)
    definition = models.JSONField(null=True)
    state = models.CharField(max_length=8, blank=True)
    canary_percent = models.FloatField(null=True)
    # By field, where two changed it: {"base": ..., "ours": ..., "theirs": ...}.
    conflicts = models.JSONField(default=dict)
    # The catalogue's definition that this edit takes up.
    shipped = models.JSONField(null=True)
    author = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["subject", "code"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("change_set", "subject", "code", name="one_edit_a_subject"),
        ]
        indexes = [
            # Whether somebody else edits this rule.
            models.Index(fields=["subject", "code"], name="change_edit_by_code"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.code}"

    @property
    def is_new(self) -> bool:
        """Whether it makes a rule that there is not yet."""
        return self.base is None

    @property
    def began(self) -> dict[str, Any]:
        """What it began with. Raises ValueError for a new rule."""
        if self.base is None:
            raise ValueError(f"{self.code} began with nothing")
        found: dict[str, Any] = self.base
        return found

    @property
    def of_rule(self) -> bool:
        return self.subject == self.Subject.RULE

    @property
    def content(self) -> dict[str, Any]:
        """What it would do, apart from what it began with: equal contents, equal effects."""
        return {
            "subject": self.subject,
            "code": self.code,
            "definition": self.definition,
            "state": self.state,
            "canary_percent": self.canary_percent,
        }


class ChangeEntry(models.Model):
    """One line of a change set's timeline; comments are such lines. Never changed."""

    change_set = models.ForeignKey(ChangeSet, models.PROTECT, related_name="entries")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=150)
    kind = models.CharField(max_length=16)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["change_set", "id"], name="change_entry_of_set")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by_name}"


class EmergencyReview(models.Model):
    """What was published without an approval must be looked at by somebody else afterwards.

    It stays open until then: nothing closes it by itself.
    """

    change_set = models.OneToOneField(ChangeSet, models.PROTECT, related_name="emergency_review")
    reason = models.TextField()
    published_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    alerted_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    is_fine = models.BooleanField(null=True)
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ["due_at"]
        default_permissions = ()
        indexes = [
            # What Home shows and the alert asks for.
            models.Index(
                fields=["due_at"], name="review_open", condition=Q(reviewed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"review of change set {self.change_set_id}"

    @property
    def is_overdue(self) -> bool:
        return self.reviewed_at is None and self.due_at <= clock.now()
