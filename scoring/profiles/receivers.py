"""Profiles follow decisions and labels."""

from collections import defaultdict
from typing import Final

from foundation.outbox import Envelope, subscribe
from scoring.events import DecisionMade
from scoring.profiles.habits import Seen, learn
from scoring.profiles.keeping import lock_profiles, write_profiles
from scoring.profiles.rebuilding import rebuild_customers
from scoring.profiles.stored import happened
from transactions.events import LabelRecorded
from transactions.models import Label, Transaction

PROFILES: Final = "scoring.profiles"


@subscribe(DecisionMade, name=PROFILES)
def learn_decisions(events: list[Envelope[DecisionMade]]) -> None:
    """Fold a batch into the profiles of its customers: four statements, whatever its size.

    Runs in the transaction that also marks the events as handled, so each is learned exactly once.
    """
    learn_transactions([envelope.event.transaction for envelope in events])


def learn_transactions(transactions: list[str]) -> None:
    position = {transaction: number for number, transaction in enumerate(transactions)}
    lessons: dict[int, list[Seen]] = defaultdict(list)
    institution_of = {}
    for one in sorted(happened(transactions), key=lambda one: position[one.transaction]):
        lessons[one.customer].append(one.seen)
        institution_of[one.customer] = one.institution
    if not lessons:
        return
    profiles = lock_profiles(institution_of)
    for customer, seen in lessons.items():
        learn(profiles[customer], seen)
    write_profiles(profiles)


@subscribe(LabelRecorded, name="scoring.profiles_of_labels")
def learn_labels(events: list[Envelope[LabelRecorded]]) -> None:
    """Make the profiles anew whose transactions turned out to be other than they were decided.

    A label of imported history changes nothing: see `scoring.profiles.stored`.
    """
    told = [e.event.transaction for e in events if e.event.source != Label.Source.IMPORT]
    if told:
        rows = Transaction.objects.filter(pk__in=told).values_list("customer_id", "institution_id")
        rebuild_customers(dict(rows))
