"""Profiles made anew from stored transactions, exactly, while decisions go on.

What a profile holds is defined by the outbox: the transactions whose event the profiles' subscriber
has handled, and those older than events are kept. While a customer's row is locked, no event of
theirs can become handled; so what is read then, without the events that still wait, is just what
the subscriber has folded in, and it will fold in the others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import QuerySet

from foundation import audit
from foundation.outbox import waiting_subjects
from scoring.events import DecisionMade
from scoring.profiles.habits import Habits, learn
from scoring.profiles.keeping import lock_profiles, write_profiles
from scoring.profiles.stored import happened_to
from transactions.models import Customer

CUSTOMERS_AT_ONCE = 200
_SUBSCRIBER = "scoring.profiles"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: `last` is the greatest customer number done."""

    customers: int
    transactions: int
    last: int


@transaction.atomic
def rebuild_customers(institution_of: Mapping[int, int]) -> int:
    """Replace the profiles of these customers; returns the number of transactions read.

    `institution_of` each customer. Decisions on them wait in the outbox meanwhile, no longer.
    """
    lock_profiles(institution_of)
    fresh = {customer: Habits() for customer in institution_of}
    waiting = waiting_subjects(DecisionMade, subscriber=_SUBSCRIBER)
    stored = happened_to(list(fresh), but=waiting.sql, params=waiting.params)
    for customer, theirs in groupby(stored, key=attrgetter("customer")):
        learn(fresh[customer], (one.seen for one in theirs))
    write_profiles(fresh)
    return sum(habits.attempts for habits in fresh.values())


def rebuild_profiles(
    *, actor: audit.Actor, institution_id: int | None = None, after: int = 0
) -> Iterator[Progress]:
    """Replace all profiles (of one institution), a few at a time; yields the progress.

    Each step is committed by itself and right by itself: stopped, it goes on `after` the last
    customer done, or begins again, as one likes.
    """
    _record("start", actor, institution_id, {"after": after})
    customers = transactions = 0
    while chunk := _chunk(institution_id, after):
        transactions += rebuild_customers(chunk)
        customers += len(chunk)
        after = max(chunk)
        yield Progress(customers, transactions, after)
    _record("end", actor, institution_id, {"customers": customers, "transactions": transactions})


def customers_of(institution_id: int | None, after: int = 0) -> int:
    """How many there are to do. One query."""
    return _customers(institution_id).filter(pk__gt=after).count()


def _chunk(institution_id: int | None, after: int) -> dict[int, int]:
    rows = _customers(institution_id).filter(pk__gt=after).order_by("pk")
    return dict(rows.values_list("pk", "institution_id")[:CUSTOMERS_AT_ONCE])


def _customers(institution_id: int | None) -> QuerySet[Customer]:
    rows = Customer.objects.all()
    return rows if institution_id is None else rows.filter(institution_id=institution_id)


def _record(
    happening: str, actor: audit.Actor, institution_id: int | None, after: dict[str, int]
) -> None:
    audit.record(
        actor=actor,
        action=f"profiles.rebuild.{happening}",
        subject="scoring.customerprofile",
        after=after,
        institution_id=institution_id,
    )
