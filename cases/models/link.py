"""Who used what: the pairs of customers and things that graphs and proposals are made from."""

from django.db import models

from clients.models import Institution
from transactions.models import Customer, Transaction


class Link(models.Model):
    """That a customer used a device, a card, an address or a payee: one row for each pair.

    Kept from decisions by the worker, and made anew by `manage.py rebuild_links`. With it, what a
    thing is shared by is read in steps of an index, however many transactions there were.
    """

    class Kind(models.TextChoices):
        DEVICE = "device", "device"
        CARD = "card", "card"
        EMAIL = "email", "e-mail"
        PHONE = "phone", "phone"
        IP = "ip", "IP"
        BENEFICIARY = "beneficiary", "beneficiary"
        MERCHANT = "merchant", "merchant"

    # No database constraints: each would lock the other row whenever a link is made.
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, db_constraint=False, db_index=False, related_name="links"
    )
    kind = models.CharField(max_length=11, choices=Kind)
    value = models.BinaryField(
        max_length=16, help_text="The number of the device's or card's row, else a keyed hash."
    )
    transaction = models.ForeignKey(
        Transaction,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="The newest one, which what is shown of the thing is read from.",
    )
    transactions = models.PositiveIntegerField(help_text="How many there were.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(  # serves: what a customer uses, adding to a pair
                fields=["customer", "kind", "value"], name="link_once"
            ),
        ]
        indexes = [
            models.Index(  # serves: who else uses a thing, the newest customers first
                fields=["institution", "kind", "value", "-customer"], name="link_sharers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of customer {self.customer_id}"
