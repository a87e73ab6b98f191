"""What events of the random world turned out to be."""

import datetime as dt

from clients.models import Institution
from studio.backtest.tests.world import Event
from transactions.models import Label, Transaction


def label(
    event: Event,
    bank: Institution,
    *,
    fraud: bool,
    source: str = "chargeback",
    typology: str = "",
    after_days: float = 10.0,
) -> None:
    """A label, known so many days after the event. Its transaction need be stored (`store`) unless
    foreign keys are not looked at."""
    Label.objects.create(
        transaction_id=event.id,
        institution=bank,
        is_fraud=fraud,
        source=source,
        typology=typology,
        known_at=event.at + dt.timedelta(days=after_days),
    )


def store(event: Event, bank: Institution) -> None:
    """The event's transaction, as far as labels and the archive's readers ask for it."""
    Transaction.objects.create(
        id=event.id,
        institution=bank,
        external_id=str(event.id),
        occurred_at=event.at,
        received_at=event.at,
        amount=1,
        currency="NGN",
        vertical=event.vertical,
        customer_id=1,
        hash_version=1,
        sealed=b"",
    )
