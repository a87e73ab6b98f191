"""Customers, devices and cards of the synthetic workbench."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from cases.volume.copying import Copy, reserve
from cases.volume.plan import Things, Volume
from clients.models import Institution
from foundation.crypto import hash_versions, keyed_hash, seal
from transactions.models import Card, Customer, Device, Identified
from transactions.sealing import identity_context

_COLUMNS: Final = (
    "id",
    "institution_id",
    "reference_hash",
    "reference_sealed",
    "hash_version",
    "first_seen_at",
)


class Rows(NamedTuple):
    """Keys of the stored rows."""

    first_customer: int  # the following ones are numbered on
    devices: dict[int, int]  # by number of the plan
    cards: dict[int, int]


def write_people(institution: Institution, volume: Volume, things: Sequence[Things]) -> Rows:
    """One of each number that the plan has."""
    devices = sorted({number for one in things for number in one.devices})
    cards = sorted({number for one in things for number in one.cards})
    first = _write(Customer, institution, volume, range(volume.customers))
    return Rows(
        first,
        dict(zip(devices, _keys(Device, institution, volume, devices), strict=True)),
        dict(zip(cards, _keys(Card, institution, volume, cards), strict=True)),
    )


def reference(kind: str, number: int) -> str:
    """What the client would call it."""
    return f"synthetic-{kind}-{number:07}"


def _keys(
    model: type[Identified], institution: Institution, volume: Volume, numbers: Sequence[int]
) -> range:
    first = _write(model, institution, volume, numbers)
    return range(first, first + len(numbers))


def _write(
    model: type[Identified], institution: Institution, volume: Volume, numbers: Sequence[int]
) -> int:
    """The first key; the others follow it in the order of the numbers."""
    kind = str(model._meta.model_name)
    first = reserve(model, len(numbers))
    more = ("bin", "last_four") if model is Card else ()
    version = hash_versions()[0]
    with Copy(model._meta.db_table, (*_COLUMNS, *more)) as copy:
        for place, number in enumerate(numbers):
            text = reference(kind, number)
            digest = keyed_hash(text, purpose=kind)
            sealed = seal(text.encode(), context=identity_context(kind, institution.pk, digest))
            extra = ("506105", f"{number % 10_000:04}") if more else ()
            copy.add(first + place, institution.pk, digest, sealed, version, volume.end, *extra)
    return first
