"""A customer's page in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from cases.customers import profile, reading
from cases.customers.velocity import newest_hour, velocity
from cases.links.keeping import Thing
from cases.links.naming import KINDS, names_of_things
from cases.links.reading import SHARERS_READ, Neighbourhood, Use, newest_of_each
from cases.models import Case, Link
from cases.typologies import in_words
from intelligence.models import ListEntry
from transactions.models import Customer

PER_KIND: Final = 5
_ORDER: Final = {kind: number for number, kind in enumerate(Link.Kind.values)}


@dataclass(frozen=True, slots=True)
class UsedThing:
    """Something that the customer uses."""

    kind: str
    name: str  # masked
    page: str
    use: Use
    shared: str
    fraud: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list with its state now."""

    entry: ListEntry
    state: str


def customer_context(customer: Customer, *, before: UUID | None, now: datetime) -> dict[str, Any]:
    """What the template shows besides the customer; 18 queries at most, whatever there is."""
    around = reading.surroundings(customer, PER_KIND)
    own = [use for use in around.uses if use.customer == customer.pk]
    shown = _shown(own)
    names = names_of_things([use for kind in shown.values() for use in kind])
    habits = reading.habits_of(customer)
    currency = customer.institution.base_currency
    cases = reading.cases_of(customer)
    return {
        "profile": profile.in_words(habits, currency),
        "habits": habits,
        "span": profile.span(habits),
        "velocity": velocity(customer.pk, currency, now=now),
        "hour": newest_hour(customer.pk, now=now),
        "decisions": reading.decisions_page(customer, before),
        "paged": before is not None,
        "things": _things(shown, names, around),
        "per_kind": PER_KIND if len(own) > sum(map(len, shown.values())) else 0,
        "cases": [(case, in_words(case.typology)) for case in cases],
        "open_case": next((one for one in cases if one.status != Case.Status.CLOSED), None),
        "frauds": sum(one.disposition == Case.Disposition.CONFIRMED_FRAUD for one in cases),
        "labels": reading.newest_labels(customer),
        "labels_within": reading.LABELS_WITHIN,
        "entries": [
            Entry(entry, entry.state(now))
            for entry in reading.entries_about(customer, [use.thing for use in own])
        ],
        "newest": {
            kind: names[use.thing]
            for kind in ("email", "phone", "ip", "device", "card")
            if (use := reading.newest_of(shown.get(kind, []), kind))
        },
    }


def _shown(own: Sequence[Use]) -> dict[str, list[Use]]:
    """Of each kind those used last."""
    by_kind: dict[str, list[Use]] = {}
    for use in newest_of_each(own, PER_KIND):
        by_kind.setdefault(use.thing[0], []).append(use)
    return {kind: by_kind[kind] for kind in sorted(by_kind, key=_ORDER.__getitem__)}


def _things(
    shown: Mapping[str, Sequence[Use]], names: Mapping[Thing, str], around: Neighbourhood
) -> list[UsedThing]:
    sharers = around.sharers()
    found = []
    for kind, uses in shown.items():
        for use in uses:
            others = sharers[use.thing]
            frauds = sum(around.is_fraud(other.customer) for other in others)
            shared = _shared(len(others), use.thing in around.popular, frauds)
            found.append(
                UsedThing(KINDS[kind], names[use.thing], _page(use), use, shared, frauds > 0)
            )
    return found


def _shared(others: int, popular: bool, frauds: int) -> str:
    if not others:
        return "nobody else known"
    number = f"more than {SHARERS_READ}" if popular else str(others)
    words = f"{number} other{'' if others == 1 else 's'}"
    return f"{words}, {frauds} confirmed fraud" if frauds else words


def _page(use: Use) -> str:
    """Where it is shown in full to who may: its own page, else its newest transaction's."""
    kind, value = use.thing
    if kind in (Link.Kind.DEVICE, Link.Kind.CARD):
        number = int.from_bytes(value, "big")
        return reverse(f"admin:transactions_{kind}_change", args=[number])
    return reverse("admin:transactions_transaction_change", args=[use.transaction])
