"""What happened: transactions and who and what took part. Facts only, never an opinion.

Identifiers stand here twice: sealed (AES-GCM, opened only for a person with the permission, and
audited) and as a keyed hash for exact look-up. `hash_version` says which key made the hash.
"""

from django.db import models
from django.db.models import Q

from clients.models import Institution
from foundation.ids import uuid7


class Identified(models.Model):
    """Somebody or something known to an institution by an identifier of its own."""

    # Scope columns carry no database constraint: a foreign-key check would lock the one
    # institution row in every insert of the hot path. Institutions are never deleted.
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    reference_hash = models.BinaryField(max_length=16)
    reference_sealed = models.BinaryField()
    hash_version = models.PositiveSmallIntegerField()
    first_seen_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class Customer(Identified):
    """The account holder; the reference is the client's `user_id`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(  # serves: gather's look-up
                fields=["institution", "reference_hash"], name="customer_reference"
            )
        ]


class Device(Identified):
    """The reference is the client's `device_id`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "reference_hash"], name="device_reference"
            )
        ]


class Card(Identified):
    """A payment card by the client's token. The full number is never taken, so never stored."""

    bin = models.CharField("BIN", max_length=8, blank=True)
    last_four = models.CharField(max_length=4, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "reference_hash"], name="card_reference")
        ]

    def __str__(self) -> str:
        return f"{self.bin or '••••••'}••••••{self.last_four or '••••'}"


class Transaction(models.Model):
    """One transaction as the client told it; never changed but for re-keying.

    `id` is a UUIDv7: it grows with time, so lists sort by it and the table can be
    range-partitioned by it without touching a caller.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    external_id = models.CharField("transaction ID", max_length=128)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=32, help_text="The door or import that it came through.")
    vertical = models.CharField(max_length=32)
    transaction_type = models.CharField(max_length=32, blank=True)
    amount = models.DecimalField(max_digits=24, decimal_places=8)
    currency = models.CharField(max_length=3)
    # No database constraints: each would read and lock the other row in every insert, a fifth of
    # the write. Both rows come from one statement, and a trigger refuses to delete either.
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False, db_index=False)
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, db_constraint=False, db_index=False
    )
    card = models.ForeignKey(Card, models.PROTECT, null=True, db_constraint=False, db_index=False)
    email_hash = models.BinaryField(max_length=16, null=True)
    phone_hash = models.BinaryField(max_length=16, null=True)
    ip_hash = models.BinaryField("IP hash", max_length=16, null=True)
    hash_version = models.PositiveSmallIntegerField()
    sealed = models.BinaryField(help_text="All fields as received, encrypted.")

    class Meta:
        indexes = [
            models.Index(fields=["institution", "-id"], name="tx_institution"),  # scoped lists
            models.Index(fields=["customer", "-id"], name="tx_customer"),  # a customer's history
            # serves: a vertical's decisions, newest first; and what is typical of it in an outage
            models.Index(fields=["vertical", "-id"], name="tx_vertical"),
            models.Index(
                fields=["device", "-id"], name="tx_device", condition=Q(device__isnull=False)
            ),
            models.Index(fields=["card", "-id"], name="tx_card", condition=Q(card__isnull=False)),
            models.Index(
                fields=["email_hash"], name="tx_email", condition=Q(email_hash__isnull=False)
            ),
            models.Index(
                fields=["phone_hash"], name="tx_phone", condition=Q(phone_hash__isnull=False)
            ),
            models.Index(fields=["ip_hash"], name="tx_ip", condition=Q(ip_hash__isnull=False)),
        ]
        permissions = [("reveal_identifier", "Can see identifiers unmasked (each look is audited)")]

    def __str__(self) -> str:
        return self.external_id


class TransactionKey(models.Model):
    """Which transaction an institution's key belongs to: the one place that makes keys unique.

    Small and apart from the transactions, so that those can be partitioned by time. `fingerprint`
    is a keyed hash over the decoded request: the same key with other fields is a conflict.
    """

    class Kind(models.TextChoices):
        TRANSACTION = "t", "transaction ID"
        IDEMPOTENCY = "i", "Idempotency-Key"

    pk = models.CompositePrimaryKey("institution_id", "kind", "key")
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=1, choices=Kind)
    key = models.CharField(max_length=255)
    transaction = models.ForeignKey(
        Transaction, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    fingerprint = models.BinaryField(max_length=16)
    hash_version = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.key


class Label(models.Model):
    """What a transaction turned out to be, who says so and since when it is known."""

    class Source(models.TextChoices):
        ANALYST = "analyst", "analyst"
        CHARGEBACK = "chargeback", "chargeback"
        CLIENT = "client", "client's feedback"
        CUSTOMER = "customer", "customer's report"
        IMPORT = "import", "imported history"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transaction = models.ForeignKey(Transaction, models.PROTECT, related_name="labels")
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    is_fraud = models.BooleanField()
    source = models.CharField(max_length=16, choices=Source)
    typology = models.CharField(max_length=64, blank=True)
    known_at = models.DateTimeField(help_text="When it became known: nothing earlier may use it.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(  # makes recording the same label twice harmless
                fields=["transaction", "source", "known_at", "is_fraud", "typology"],
                name="label_once",
            )
        ]
        indexes = [models.Index(fields=["institution", "known_at"], name="label_known")]

    def __str__(self) -> str:
        return f"{'fraud' if self.is_fraud else 'genuine'} ({self.source})"
