"""Things and customers by name: masked, as everywhere."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from cases.links.keeping import Thing
from cases.links.reading import Use
from cases.models import Link
from foundation.masking import DOTS
from transactions.models import Card, Customer, Device, Identified, Transaction
from transactions.presenting import mask, masked_reference, readable_request

KINDS: Final[Mapping[str, str]] = {
    Link.Kind.DEVICE: "device",
    Link.Kind.CARD: "card",
    Link.Kind.EMAIL: "e-mail",
    Link.Kind.PHONE: "phone",
    Link.Kind.IP: "IP",
    Link.Kind.BENEFICIARY: "beneficiary",
    Link.Kind.MERCHANT: "merchant",
}
"""What each kind is called in a sentence."""

FEATURES: Final[Mapping[str, str]] = {
    Link.Kind.EMAIL: "email",
    Link.Kind.PHONE: "phone",
    Link.Kind.IP: "ip_address",
    Link.Kind.BENEFICIARY: "beneficiary_id",
    Link.Kind.MERCHANT: "merchant_id",
}
"""The identifier of a request that holds it, where it has no row of its own."""


def names_of_customers(numbers: Iterable[int]) -> dict[int, str]:
    """Masked references; one query."""
    return {row.pk: masked_reference(row) for row in _rows(Customer, numbers).values()}


def names_of_things(uses: Iterable[Use]) -> dict[Thing, str]:
    """What to call the things of these uses; three queries at most, whatever their number."""
    newest = {use.thing: use.transaction for use in uses}
    devices = _rows(Device, (_number(t) for t in newest if t[0] == Link.Kind.DEVICE))
    cards = _rows(Card, (_number(t) for t in newest if t[0] == Link.Kind.CARD))
    requests = _identifiers(at for thing, at in newest.items() if thing[0] in FEATURES)
    names: dict[Thing, str] = {}
    for thing, at in newest.items():
        kind = thing[0]
        if kind in FEATURES:
            value = requests.get(at, {}).get(FEATURES[kind])
            names[thing] = mask(FEATURES[kind], value) if value else DOTS
        elif kind == Link.Kind.CARD:
            card = cards.get(_number(thing))
            names[thing] = _card(card) if isinstance(card, Card) else DOTS
        else:
            device = devices.get(_number(thing))
            names[thing] = masked_reference(device) if device else DOTS
    return names


def _card(card: Card) -> str:
    return str(card) if card.bin or card.last_four else masked_reference(card)


def _rows(model: type[Identified], numbers: Iterable[int]) -> dict[int, Identified]:
    return model._default_manager.in_bulk(sorted(set(numbers)))


def _number(thing: Thing) -> int:
    return int.from_bytes(thing[1], "big")


def _identifiers(transactions: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    rows = Transaction.objects.only("pk", "sealed").in_bulk(sorted(set(transactions)))
    return {pk: readable_request(row).get("identifiers", {}) for pk, row in rows.items()}
