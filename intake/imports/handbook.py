"""Card transactions of the Fraud Detection Handbook's simulator.

Columns: t (seconds from the start), customer, terminal (a merchant's), cents; fraud and scenario
are the label side and never reach the request. `t` counts from 2018-04-01T00:00Z by default. The
simulator names no currency; its authors work in Brussels, so amounts are EUR unless told otherwise.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from intake.imports import cells
from intake.imports.cells import Fields
from intake.imports.errors import BadRow
from intake.imports.formats import Options, Recorded, Truth, lacking

_NEEDED: Final = ("t", "customer", "terminal", "cents")
_LABELS: Final = ("fraud", "scenario")
_LATEST: Final = 4_102_444_800  # seconds; a century is no relative time
_LARGEST: Final = 10**15  # cents


class Handbook:
    name = "handbook"
    names = {
        "user_id": "customer",
        "merchant_id": "terminal",
        "amount": "cents",
        "occurred_at": "t",
    }
    default_currency = "EUR"
    default_epoch = datetime(2018, 4, 1, tzinfo=UTC).timestamp()

    time_columns = ("t",)

    def missing(self, columns: Sequence[str]) -> list[str]:
        return lacking(columns, _NEEDED)

    def ignored(self, columns: Sequence[str]) -> list[str]:
        return [name for name in columns if name not in _NEEDED + _LABELS]

    def event_time(self, fields: Fields) -> float | None:
        try:
            return cells.whole_number(fields, "t", minimum=0, maximum=_LATEST)
        except BadRow:
            return None

    def customer(self, fields: Fields) -> str:
        return str(fields.get("customer", ""))

    def translate(self, number: int, fields: Fields, options: Options) -> Recorded:
        seconds = cells.whole_number(fields, "t", minimum=0, maximum=_LATEST)
        body = {
            "transaction_id": f"{options.id_prefix}{number}",
            "user_id": cells.identifier(fields, "customer"),
            "merchant_id": cells.identifier(fields, "terminal"),
            "amount": cells.whole_number(fields, "cents", minimum=0, maximum=_LARGEST) / 100,
            "currency": options.currency,
            "industry": "payments",
            "transaction_type": "purchase",
            "occurred_at": (options.epoch or 0.0) + seconds,
        }
        return Recorded(body, _truth(fields))


def _truth(fields: Fields) -> Truth | None:
    is_fraud = cells.truth(fields, "fraud")
    if is_fraud is None:
        return None
    scenario = cells.present(fields, "scenario")
    if not is_fraud or scenario is None:
        return Truth(is_fraud)
    number = cells.whole_number(fields, "scenario", minimum=0, maximum=99)
    return Truth(is_fraud, typology=f"scenario_{number}")
