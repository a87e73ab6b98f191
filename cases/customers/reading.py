"""All that the page of a customer shows; a constant number of queries, every one bounded."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from cases.links.keeping import Thing
from cases.links.reading import Neighbourhood, Use, neighbourhood
from cases.models import Case
from cases.queries import current_statuses
from intelligence.models import ListEntry
from scoring.models import CustomerProfile, Decision
from scoring.profiles import habits
from scoring.profiles.habits import Habits
from transactions.labels.precedence import current_labels
from transactions.models import Card, Customer, Device, Label, Transaction

PAGE = 25
CASES = 20
LABELS = 10
LABELS_WITHIN = 1_000
"""Labels are looked for among so many of the newest transactions."""
ENTRIES = 20


@dataclass(frozen=True, slots=True)
class Decided:
    """A transaction with its decision, what a reviewer said since, and what it turned out to be."""

    decision: Decision
    current: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some decisions, newest first."""

    rows: Sequence[Decided]
    older: UUID | None  # the page of older ones ends before this; None when there are none


def decisions_page(customer: Customer, before: UUID | None) -> Page:
    """PAGE decisions, older than `before`; three queries, of the index alone what is skipped."""
    rows = Transaction.objects.filter(customer=customer)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    keys = list(rows.order_by("-pk").values_list("pk", flat=True)[: PAGE + 1])
    decisions = (
        Decision.objects.filter(pk__in=keys[:PAGE])
        .select_related("transaction")
        .defer("numbers", "texts", "inputs", "shadow_hits", "transaction__sealed")
        .order_by("-pk")
    )
    current = current_statuses(keys[:PAGE])
    labels = {
        label.transaction_id: label
        for label in current_labels(Label.objects.filter(transaction__in=keys[:PAGE]))
    }
    return Page(
        [Decided(one, current.get(one.pk, ""), labels.get(one.pk)) for one in decisions],
        keys[PAGE - 1] if len(keys) > PAGE else None,
    )


def habits_of(customer: Customer) -> Habits:
    profile = CustomerProfile.objects.filter(pk=customer.pk).first()
    return habits.read(profile.habits if profile else b"")


def newest_labels(customer: Customer) -> list[Label]:
    """What its transactions turned out to be, as last recorded."""
    newest = Transaction.objects.filter(customer=customer).order_by("-pk").values("pk")
    labels = Label.objects.filter(transaction__in=newest[:LABELS_WITHIN])
    rows = labels.select_related("transaction").defer("transaction__sealed")
    return list(rows.order_by("-recorded_at", "-pk")[:LABELS])


def cases_of(customer: Customer) -> list[Case]:
    rows = Case.objects.filter(customer=customer).select_related("assignee")
    return list(rows.order_by("-opened_at")[:CASES])


def surroundings(customer: Customer, most: int) -> Neighbourhood:
    """What it uses, and who shares the newest `most` of each kind; three queries."""
    institution = customer.institution_id
    return neighbourhood(customer=customer.pk, institution=institution, most=most)


def entries_about(customer: Customer, things: Collection[Thing]) -> list[ListEntry]:
    """Entries of lists that name the customer or a thing of its, those in force first.

    Three queries. Shared entries and those of the customer's institution; ended ones too.
    """
    hashes = [bytes(customer.reference_hash)]
    hashes += [value for kind, value in things if kind not in ("device", "card")]
    for model, kind in ((Device, "device"), (Card, "card")):
        numbers = [int.from_bytes(value, "big") for k, value in things if k == kind]
        rows: QuerySet[Device] | QuerySet[Card] = model._default_manager.filter(pk__in=numbers)
        hashes += [bytes(digest) for digest in rows.values_list("reference_hash", flat=True)]
    whose = Q(institution=None) | Q(institution=customer.institution_id)
    entries = ListEntry.objects.filter(whose, value_hash__in=hashes).select_related("list")
    return list(entries.order_by("-ended_at", "-pk")[:ENTRIES])  # nulls come first, descending


def newest_of(uses: Sequence[Use], kind: str) -> Use | None:
    """The one of a kind that was seen last."""
    found = [use for use in uses if use.thing[0] == kind]
    return max(found, key=lambda use: (use.last_at, use.thing), default=None)
