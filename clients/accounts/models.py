"""Accounts that sign in with e-mail and password, their sessions, and attempts to get in."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone as clock

from foundation.crypto import unseal
from foundation.masking import mask_email


class ClientAccount(models.Model):
    """A client that registered itself. It has an institution of its own.

    Nobody proved that the e-mail address is theirs, so one address may have several accounts, each
    with its own password (docs/decisions/011-registering-tells-nothing.md).
    """

    institution = models.OneToOneField(
        "clients.Institution", models.PROTECT, related_name="account"
    )
    name = models.CharField(max_length=120)
    email_hash = models.BinaryField(max_length=16, editable=False)
    email_sealed = models.BinaryField(editable=False)
    hash_version = models.PositiveSmallIntegerField(editable=False)
    password = models.CharField(max_length=128, editable=False)  # as Django's hasher encodes it
    tier = models.ForeignKey("clients.Tier", models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    # Tokens name the generation in which they were issued: raising it refuses all earlier ones.
    generation = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    last_login_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "account"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = [("manage_account", "Can deactivate accounts, revoke tokens, change tiers")]
        constraints = [
            # Finds the accounts of an address; and one address with one password is one account.
            models.UniqueConstraint(
                name="clients_account_credentials", fields=("email_hash", "password")
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def client_id(self) -> str:
        """The public name: random, so that it tells neither when nor how many registered."""
        return self.institution.slug

    @property
    def email(self) -> str:
        """The address in clear: personal data."""
        return unseal(self.email_sealed, context=email_context(self.institution_id)).decode()

    @property
    def masked_email(self) -> str:
        return mask_email(self.email)

    @property
    def actor(self) -> str:
        """What the audit trail calls it."""
        return f"account:{self.pk}"


def email_context(institution_id: int) -> bytes:
    """Ties a sealed address to its account, which has no number yet when it is sealed."""
    return f"clients.clientaccount:{institution_id}:email".encode()


class AccountSession(models.Model):
    """What one log-in opened. `rotation` counts the refresh tokens; only the last one is good."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(ClientAccount, models.CASCADE, related_name="sessions")
    rotation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    refreshed_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        default_permissions = ()
        indexes = [
            models.Index(fields=("account", "-created_at"), name="clients_session_account"),
            models.Index(fields=("expires_at",), name="clients_session_expiry"),  # for pruning
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now


class AccountAttempt(models.Model):
    """Somebody tried to get in, or did. Addresses of mail and network are kept as keyed hashes."""

    class Kind(models.TextChoices):
        LOGIN = "login", "A password was tried"
        REGISTER = "register", "An account was asked for"
        SUCCESS = "success", "The last log-in from a network"

    kind = models.CharField(max_length=8, choices=Kind)
    email_key = models.BinaryField(max_length=16)
    network_key = models.BinaryField(max_length=16)
    account = models.ForeignKey(ClientAccount, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=("email_key", "at"), name="clients_attempt_email"),
            models.Index(fields=("network_key", "at"), name="clients_attempt_network"),
            models.Index(fields=("at",), name="clients_attempt_at"),  # for pruning
        ]
        constraints = [
            models.UniqueConstraint(
                name="clients_attempt_success",
                fields=("account", "network_key"),
                condition=models.Q(kind="success"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


def as_recorded(account: ClientAccount) -> dict[str, Any]:
    """What the audit trail keeps of an account: nothing personal."""
    return {
        "client_id": account.client_id,
        "tier": account.tier.name,
        "is_active": account.is_active,
        "generation": account.generation,
    }
