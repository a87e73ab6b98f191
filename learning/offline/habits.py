"""What customers' habits say over history: the very code that scoring runs, event by event.

All transactions count as ordinary: labels of recorded history were not known when it happened.
Amounts are in the institution's currency. A customer's numbers of devices are hashes here, which
the habits do not mind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.computations import merchants, times
from features.declaring import PROFILE
from scoring.profiles.features import Asked, features_of_habits
from scoring.profiles.habits import Habits, Seen, learn

_TEXTS = (
    "merchant_category_code",
    "current_merchant_category",
    "transaction_channel",
    "ip_country",
    "country",
    "transaction_type",
)
_NUMBERS = ("asn_number", "latitude", "longitude", "ip_latitude")
_PURCHASES = frozenset({"purchase", "payment"})

TOLD = (
    "last_transaction_at",
    *(f.name for f in CATALOGUE if f.gathered_from == PROFILE and f.type.is_numeric),
)
"""Features of numbers, times and flags that habits tell."""


@dataclass(slots=True)
class Keeper:
    """The habits of all customers, share of events after share of events."""

    utc_offset_minutes: float = 0.0
    habits: dict[Any, Habits] = field(default_factory=dict)

    def pass_through(
        self, events: pl.DataFrame, parties: Mapping[str, str], known: Mapping[str, str]
    ) -> pl.DataFrame:
        """What the habits said before each event (null where nothing); then they know it too."""
        found = {name: np.full(len(events), np.nan) for name in TOLD}
        for place, row in enumerate(self._rows(events, parties, known)):
            self._one(place, row, found)
        told = pl.DataFrame(found).with_columns(pl.all().fill_nan(None))
        flags = [name for name in TOLD if CATALOGUE[name].type == "boolean"]
        return told.with_columns(pl.col(flags).cast(pl.Boolean))

    def _rows(
        self, events: pl.DataFrame, parties: Mapping[str, str], known: Mapping[str, str]
    ) -> Any:
        wanted = {"customer": parties["customer"]}
        wanted |= {
            name: parties[name] for name in ("device", "merchant", "beneficiary") if name in parties
        }
        texts = {name: pl.col(known[name]).cast(pl.String) for name in _TEXTS if name in known}
        numbers = {
            name: pl.col(known[name]).cast(pl.Float64).fill_nan(None)
            for name in _NUMBERS
            if name in known
        }
        offset = pl.col(known["timezone_offset"]) if "timezone_offset" in known else pl.lit(None)
        frame = events.select(
            "occurred_at",
            "amount",
            offset=offset.cast(pl.Float64).fill_null(self.utc_offset_minutes),
            **{name: pl.col(column) for name, column in wanted.items()},
            **texts,
            **numbers,
        )
        return frame.iter_rows(named=True)

    def _one(self, place: int, row: dict[str, Any], found: dict[str, Any]) -> None:
        customer = row["customer"]
        if customer is None:
            return
        habits = self.habits.get(customer)
        if habits is None:
            habits = self.habits[customer] = Habits()
        at, amount, offset = row["occurred_at"], row["amount"], row["offset"]
        device = _number(row.get("device"))
        merchant, beneficiary = _digest(row.get("merchant")), _digest(row.get("beneficiary"))
        values = {name: row[name] for name in (*_TEXTS, *_NUMBERS) if row.get(name) is not None}
        asked = Asked(
            occurred_at=at,
            amount=amount,
            rate=1.0,
            offset_minutes=offset,
            device_given=device is not None,
            device=device,
            merchant=() if merchant is None else (merchant,),
            beneficiary=() if beneficiary is None else (beneficiary,),
            values=values,
        )
        for name, value in features_of_habits(habits, asked).items():
            column = found.get(name)
            if column is not None:
                column[place] = value
        learn(habits, (_seen(at, amount, offset, device, merchant, beneficiary, values),))


def _seen(
    at: float,
    amount: float,
    offset: float,
    device: int | None,
    merchant: bytes | None,
    beneficiary: bytes | None,
    values: Mapping[str, Any],
) -> Seen:
    latitude, longitude = values.get("latitude"), values.get("longitude")
    kind = values.get("transaction_type")
    network = values.get("asn_number")
    return Seen(
        occurred_at=at,
        ordinary=True,
        amount=amount,
        whole=float(amount).is_integer(),
        refund=None if kind is None else merchants.is_refund(kind),
        mcc=values.get("merchant_category_code"),
        hour=int(times.local_hour(at, offset)),
        weekday=int(times.local_weekday(at, offset)),
        device=device,
        merchant=merchant,
        beneficiary=beneficiary,
        network=None if network is None else int(network),
        country=values.get("ip_country") or values.get("country"),
        category=values.get("current_merchant_category") or values.get("merchant_category_code"),
        channel=values.get("transaction_channel"),
        place=None if latitude is None or longitude is None else (latitude, longitude),
        by_address=latitude is not None and latitude == values.get("ip_latitude"),
        purchase=kind in _PURCHASES,
    )


def _digest(value: Any) -> bytes | None:
    return None if value is None else blake2b(str(value).encode(), digest_size=8).digest()


def _number(value: Any) -> int | None:
    digest = _digest(value)
    return None if digest is None else int.from_bytes(digest, "big")
