"""Where a customer was before, by the name that the client gave the place."""

from uuid import UUID

from transactions.models import Transaction
from transactions.sealing import open_request


def place_before(institution_id: int, transaction_id: UUID) -> str:
    """The `location` of the customer's transaction before this one; "" when it came without.

    Personal data. Two small queries.
    """
    own = Transaction.objects.filter(institution_id=institution_id, pk=transaction_id)
    customer = own.values_list("customer_id", flat=True).first()
    if customer is None:
        return ""
    earlier = Transaction.objects.filter(customer_id=customer, pk__lt=transaction_id)
    before = earlier.order_by("-pk").first()
    place = open_request(before)["extras"].get("location") if before else None
    return place if isinstance(place, str) else ""
