"""Webhook endpoints, their secrets, and what was sent to them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from foundation.ids import uuid7


class WebhookEvent(models.TextChoices):
    """What an endpoint may ask to be told."""

    FRAUD_DETECTED = "fraud_detected", "A transaction was declined"
    HIGH_RISK_TRANSACTION = "high_risk_transaction", "A transaction was held for review"
    TRANSACTION_APPROVED = "transaction_approved", "A transaction was approved"
    CASE_OPENED = "case.opened", "A case was opened for review"
    CASE_UPDATED = "case.updated", "A case changed"
    CASE_CLOSED = "case.closed", "A case was decided"


TEST_EVENT = "webhook_test"
"""Sent when somebody asks for it, whatever the endpoint's filter."""


def usual_events() -> list[str]:
    return [WebhookEvent.FRAUD_DETECTED, WebhookEvent.HIGH_RISK_TRANSACTION]


class WebhookEndpoint(models.Model):
    """An address of an institution, with the state of its circuit.

    Of those that requests name themselves (X-Webhook-URL) there is one for each server: its
    deliveries carry their own URLs and are signed with the institution's default secret.
    """

    class Kind(models.TextChoices):
        STANDING = "standing", "registered"
        PER_REQUEST = "per_request", "named by requests"

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        REMOVED = "removed", "removed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(
        "clients.Institution", models.PROTECT, related_name="webhook_endpoints"
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.STANDING)
    name = models.CharField(max_length=80, help_text="Which system listens there.")
    origin = models.CharField("server", max_length=300)
    url_sealed = models.BinaryField()
    events = ArrayField(
        models.CharField(max_length=40, choices=WebhookEvent), default=usual_events, blank=True
    )
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    last_sequence = models.PositiveBigIntegerField(default=0, editable=False)
    # The circuit: closed while `open_until` is empty; past it, one delivery is tried.
    failures = models.PositiveIntegerField(default=0, editable=False)  # in a row
    open_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = [("manage_webhookendpoint", "Can manage webhook endpoints and secrets")]
        indexes = [
            # Who hears of an institution's events; the server of a request's URL.
            models.Index(fields=["institution", "kind", "origin"], name="webhook_by_institution"),
            # Which circuits may be tried again.
            models.Index(
                fields=["open_until"], name="webhook_open", condition=Q(open_until__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "origin"],
                condition=Q(kind="per_request"),
                name="webhook_one_per_server",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def circuit(self, now: datetime) -> str:
        """closed, open, or half-open: the next delivery is a trial."""
        if self.open_until is None:
            return "closed"
        return "open" if self.open_until > now else "half-open"


class WebhookSecret(models.Model):
    """Signs what is sent to an endpoint, or (without one) to the URLs that requests name.

    The current one has no end; after a rotation the one before it has.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey("clients.Institution", models.PROTECT, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, null=True, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(endpoint__isnull=False, expires_at__isnull=True),
                name="webhook_one_secret",
            ),
            models.UniqueConstraint(
                fields=["institution"],
                condition=Q(endpoint__isnull=True, expires_at__isnull=True),
                name="webhook_one_default_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"secret {self.pk}"


class WebhookDelivery(models.Model):
    """One event for one endpoint, until it arrived or was given up.

    `body` is the text that is sent, the same at each try; it names nobody, since rooms above put
    no personal data into events.
    """

    class State(models.TextChoices):
        PENDING = "pending", "waiting"
        DELIVERED = "delivered", "delivered"
        DEAD = "dead", "given up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(
        "clients.Institution", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, db_index=False, related_name="+")
    event_id = models.CharField("event ID", max_length=64)
    event = models.CharField(max_length=40)
    sequence = models.PositiveBigIntegerField(help_text="Counts the events of the endpoint.")
    subject = models.CharField(max_length=100, help_text="First tries of one keep their order.")
    reference = models.CharField("transaction ID", max_length=128, blank=True)
    body = models.TextField()
    url_sealed = models.BinaryField(null=True, help_text="Where to, if the request named it.")
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=clock.now)
    # Due at; a claim moves it half a minute ahead, so that a dead worker's are claimed again.
    next_attempt_at = models.DateTimeField(default=clock.now)
    claim = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0)  # recorded ones, ever
    tries = models.PositiveSmallIntegerField(default=0)  # of them, since it was last set going
    expires_at = models.DateTimeField(help_text="Given up then at the latest.")
    settled_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField("HTTP status", null=True)
    last_fault = models.CharField("last fault", max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        default_permissions = ("view",)
        permissions = [("replay_webhookdelivery", "Can send webhooks again")]
        indexes = [
            # What is due, by endpoint.
            models.Index(
                fields=["endpoint", "next_attempt_at", "sequence"],
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            # Whether an earlier one of the subject is still to be tried.
            models.Index(
                fields=["endpoint", "subject", "sequence"],
                name="delivery_first",
                condition=Q(state="pending", attempts=0),
            ),
            # Lists: an institution's newest, those in one state, those of an endpoint.
            models.Index(fields=["institution", "-id"], name="delivery_newest"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
            models.Index(fields=["institution", "reference"], name="delivery_by_reference"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.sequence}"


class WebhookAttempt(models.Model):
    """One try and what came of it."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="log")
    at = models.DateTimeField()
    latency_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=100, blank=True)
    excerpt = models.CharField("answer", max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)

    def __str__(self) -> str:
        return self.fault or f"{self.status}"
