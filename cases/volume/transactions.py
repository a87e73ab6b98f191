"""Transactions, decisions, keys and links of the synthetic workbench."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection, models

from cases.models import Link
from cases.volume.copying import Copy
from cases.volume.people import Rows
from cases.volume.plan import Happening, Things, Volume, address_of
from cases.volume.templates import SOURCE, Flagged, Template
from clients.models import Institution
from features.identifiers import PURPOSES
from foundation.crypto import hash_versions, keyed_hash
from foundation.ids import first_uuid7
from scoring.inputs import TransactionInput
from scoring.models import Decision
from transactions.models import Transaction, TransactionKey
from transactions.sealing import seal_request

_COLUMNS: Final = (
    "id",
    "institution_id",
    "external_id",
    "occurred_at",
    "received_at",
    "source",
    "vertical",
    "transaction_type",
    "amount",
    "currency",
    "customer_id",
    "device_id",
    "card_id",
    "email_hash",
    "phone_hash",
    "ip_hash",
    "hash_version",
    "sealed",
)
STAGED: Final = "workbench_staged"
_STAGE: Final = f"""
CREATE TEMPORARY TABLE {STAGED} (id uuid, template uuid, customer bigint, cases bigint,
    beneficiary bytea, merchant bytea)
"""
_STEP: Final = 10_000


class Writer:
    """Writes happenings one after the other, in the order of time."""

    def __init__(
        self,
        institution: Institution,
        volume: Volume,
        things: Sequence[Things],
        rows: Rows,
        chance: random.Random,
    ) -> None:
        self.institution, self.volume, self.things, self.rows = institution, volume, things, rows
        self.chance = chance
        self.version = hash_versions()[0]
        self.digests: dict[tuple[str, str], bytes] = {}
        self.number = 0

    def write(
        self,
        planned: Sequence[Happening],
        flagged: Sequence[Template],
        others: Sequence[Template],
        told: Callable[[int], object],
    ) -> dict[int, list[Flagged]]:
        """What happened in each case."""
        by_case: dict[int, list[Flagged]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_STAGE)
        columns = ("id", "template", "customer", "cases", "beneficiary", "merchant")
        with Copy("transactions_transaction", _COLUMNS) as copy, Copy(STAGED, columns) as staged:
            steps = iter(planned)
            while some := list(islice(steps, _STEP)):
                for one in some:
                    template = self.chance.choice(flagged if one.case >= 0 else others)
                    pk, amount = self._one(one, template, copy, staged)
                    if one.case >= 0:
                        found = Flagged(pk, template, amount, one.at)
                        by_case.setdefault(one.case, []).append(found)
                told(len(some))
        return by_case

    def _one(
        self, one: Happening, template: Template, copy: Copy, staged: Copy
    ) -> tuple[UUID, float]:
        things, rows = self.things[one.customer], self.rows
        pk = _key_at(one.at, self.chance)
        self.number += 1
        name = f"synthetic-{self.number:09}"
        mean, spread = (12, 1.6) if one.case >= 0 else (9, 1.0)  # a few need a second person
        amount = round(self.chance.lognormvariate(mean, spread), 2)
        device = things.devices[int(one.chance * 7) % len(things.devices)]
        card = things.cards[int(one.chance * 5) % len(things.cards)]
        given = {
            "device_id": f"synthetic-device-{device:07}",
            "card_token": f"synthetic-card-{card:07}",
            "email": f"synthetic{things.email}@example.com",
            "phone": f"+234{8_000_000_000 + things.phone}",
            "ip_address": address_of(things, one.chance),
            "merchant_id": f"M-{int(one.chance**3 * 2_000):05}",
            "beneficiary_id": f"B-{things.payees[int(one.chance * 11) % len(things.payees)]:010}",
        }
        request = TransactionInput(
            user_id=f"synthetic-customer-{one.customer:07}",
            amount=amount,
            transaction_id=name,
            vertical=template.vertical,
            transaction_type=template.kind,
            occurred_at=one.at.timestamp(),
            identifiers=given,
        )
        customer = rows.first_customer + one.customer
        copy.add(
            pk,
            self.institution.pk,
            name,
            one.at,
            one.at,
            SOURCE,
            template.vertical,
            template.kind,
            amount,
            self.institution.base_currency,
            customer,
            rows.devices[device],
            rows.cards[card],
            self._digest("email", given),
            self._digest("phone", given),
            self._digest("ip_address", given),
            self.version,
            seal_request(pk, request.packed()),
        )
        beneficiary, merchant = (
            self._digest(name, given) for name in ("beneficiary_id", "merchant_id")
        )
        staged.add(pk, template.transaction, customer, one.case, beneficiary, merchant)
        return pk, amount

    def _digest(self, name: str, given: dict[str, str]) -> bytes:
        key = (name, given[name])
        found = self.digests.get(key)
        if found is None:
            found = self.digests[key] = keyed_hash(given[name], purpose=PURPOSES[name])
        return found


def _key_at(at: datetime, chance: random.Random) -> UUID:
    return UUID(int=first_uuid7(at).int | chance.getrandbits(62) | chance.getrandbits(12) << 64)


def write_decisions() -> None:
    """A copy of its template's decision for each transaction that was staged."""
    changed = {"transaction_id": "s.id", "decided_at": "t.received_at"}
    columns = [str(field.column) for field in Decision._meta.concrete_fields]
    values = [changed.get(name, f"d.{name}") for name in columns]
    _run(
        f"INSERT INTO {_table(Decision)} ({', '.join(columns)}) "  # noqa: S608  names of our own
        f"SELECT {', '.join(values)} FROM {STAGED} s "
        f"JOIN {_table(Transaction)} t ON t.id = s.id "
        f"JOIN {_table(Decision)} d ON d.transaction_id = s.template ORDER BY s.id"
    )


def write_keys(institution: Institution) -> None:
    """So that a transaction is found by its id."""
    _run(
        f"INSERT INTO {_table(TransactionKey)} "  # noqa: S608  names of our own
        "(institution_id, kind, key, transaction_id, fingerprint, hash_version) "
        "SELECT t.institution_id, 't', t.external_id, t.id, decode(md5(t.external_id), 'hex'), "
        f"t.hash_version FROM {STAGED} s JOIN {_table(Transaction)} t ON t.id = s.id "
        "WHERE t.institution_id = %s ORDER BY t.external_id",
        [institution.pk],
    )


def write_links() -> None:
    """What the worker would have noted: see cases/links."""
    values = {
        Link.Kind.DEVICE: "int8send(t.device_id)",
        Link.Kind.CARD: "int8send(t.card_id)",
        Link.Kind.EMAIL: "t.email_hash",
        Link.Kind.PHONE: "t.phone_hash",
        Link.Kind.IP: "t.ip_hash",
        Link.Kind.BENEFICIARY: "s.beneficiary",
        Link.Kind.MERCHANT: "s.merchant",
    }
    for kind, value in values.items():
        _run(
            f"INSERT INTO {_table(Link)} (institution_id, customer_id, kind, value, "  # noqa: S608
            "transaction_id, transactions, first_at, last_at) "
            f"SELECT t.institution_id, t.customer_id, %s, {value}, max(t.id::text)::uuid, "
            f"count(*), min(t.occurred_at), max(t.occurred_at) FROM {STAGED} s "
            f"JOIN {_table(Transaction)} t ON t.id = s.id GROUP BY 1, 2, {value} ORDER BY 2, 4",
            [kind.value],
        )


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def _run(statement: str, params: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
