"""Profiles follow decisions and labels."""

from typing import Final

from foundation.outbox import Envelope, subscribe
from scoring.events import DecisionMade
from scoring.profiles.habits import learn
from scoring.profiles.keeping import lock_profiles, write_profiles
from scoring.profiles.rebuilding import rebuild_customers
from scoring.profiles.stored import happened
from transactions.events import LabelRecorded
from transactions.models import Label, Transaction

PROFILES: Final = "scoring.profiles"


@subscribe(DecisionMade, name=PROFILES)
def learn_decisions(events: list[Envelope[DecisionMade]]) -> None:
    """Fold a batch into the profiles of its customers: five statements, whatever its size.

    Runs in the transaction that also marks the events as handled, so each is learned exactly once.
    """
    learn_transactions([envelope.event.transaction for envelope in events])


@subscribe(LabelRecorded, name="scoring.profiles_of_labels")
def learn_labels(events: list[Envelope[LabelRecorded]]) -> None:
    """Make the profiles anew whose transactions turned out to be other than they were decided.

    A label of imported history changes nothing: see `scoring.profiles.stored`.
    """
    told = [e.event.transaction for e in events if e.event.source != Label.Source.IMPORT]
    if told:
        rebuild_customers(_customers_of(told))


def learn_transactions(transactions: list[str]) -> None:
    """Fold these into the profiles; to be called once for each."""
    institution_of = _customers_of(transactions)
    if not institution_of:
        return
    profiles = lock_profiles(institution_of)
    # Read under the lock: a label that came before it is seen here, and of a later one its own
    # subscriber takes care, which waits for the lock.
    position = {transaction: number for number, transaction in enumerate(transactions)}
    for one in sorted(happened(transactions), key=lambda one: position[one.transaction]):
        learn(profiles[one.customer], (one.seen,))
    write_profiles(profiles)


def _customers_of(transactions: list[str]) -> dict[int, int]:
    """Whose they are, each with the institution."""
    rows = Transaction.objects.filter(pk__in=transactions)
    return dict(rows.values_list("customer_id", "institution_id").distinct())
