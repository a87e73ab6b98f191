"""Mobile-money transactions of the PaySim simulator.

`step` is hours since the data's start, which `--epoch` places; PaySim itself names neither date nor
currency ("local currency"). The payer is the customer. A name beginning with M is a merchant's, any
other payee is the beneficiary. The balances are features, as they would be in a live request; they
leak in this data set (docs/imports.md). isFraud is the label; isFlaggedFraud, another system's
verdict, is left out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from intake.imports import cells
from intake.imports.cells import Fields
from intake.imports.errors import BadRow
from intake.imports.formats import Options, Recorded, Truth, lacking

_NEEDED: Final = ("step", "type", "amount", "nameOrig", "nameDest")
_LABELS: Final = ("isFraud", "isFlaggedFraud")
_BALANCES: Final = {
    "oldbalanceOrg": "sender_balance_before",
    "newbalanceOrig": "sender_balance_after",
    "oldbalanceDest": "recipient_balance_before",
    "newbalanceDest": "recipient_balance_after",
}
_TYPES: Final = frozenset({"PAYMENT", "TRANSFER", "CASH_OUT", "CASH_IN", "DEBIT"})
_LAST_STEP: Final = 24 * 36_525  # a century of hours


class PaySim:
    name = "paysim"
    names = {
        "user_id": "nameOrig",
        "merchant_id": "nameDest",
        "beneficiary_id": "nameDest",
        "occurred_at": "step",
        **{feature: column for column, feature in _BALANCES.items()},
    }
    default_currency = None
    default_epoch = datetime(2017, 1, 1, tzinfo=UTC).timestamp()  # arbitrary, but always the same

    time_columns = ("step",)

    def missing(self, columns: Sequence[str]) -> list[str]:
        return lacking(columns, _NEEDED)

    def ignored(self, columns: Sequence[str]) -> list[str]:
        used = (*_NEEDED, *_LABELS, *_BALANCES)
        return [name for name in columns if name not in used]

    def event_time(self, fields: Fields) -> float | None:
        try:
            return cells.whole_number(fields, "step", minimum=0, maximum=_LAST_STEP)
        except BadRow:
            return None

    def customer(self, fields: Fields) -> str:
        return str(fields.get("nameOrig", ""))

    def translate(self, number: int, fields: Fields, options: Options) -> Recorded:
        step = cells.whole_number(fields, "step", minimum=0, maximum=_LAST_STEP)
        body: dict[str, Any] = {
            "transaction_id": f"{options.id_prefix}{number}",
            "user_id": cells.identifier(fields, "nameOrig"),
            "amount": cells.number(fields, "amount"),
            "currency": options.currency,
            "industry": "mobile_money",
            "transaction_type": _kind(fields),
            "occurred_at": (options.epoch or 0.0) + step * 3600.0,
            **_other_side(fields),
        }
        for column, feature in _BALANCES.items():
            balance = cells.optional_number(fields, column)
            if balance is not None:
                body[feature] = balance
        is_fraud = cells.truth(fields, "isFraud")
        return Recorded(body, None if is_fraud is None else Truth(is_fraud))


def _kind(fields: Fields) -> str:
    kind = cells.needed(fields, "type")
    if kind not in _TYPES:
        raise BadRow("type", f"must be one of {', '.join(sorted(_TYPES))}")
    return str(kind).lower()


def _other_side(fields: Fields) -> dict[str, str]:
    """The merchant on either side, and the payee where it is a person."""
    payer, payee = cells.identifier(fields, "nameOrig"), cells.identifier(fields, "nameDest")
    if payee.startswith("M"):
        return {"merchant_id": payee}
    if payer.startswith("M"):
        return {"merchant_id": payer, "beneficiary_id": payee}
    return {"beneficiary_id": payee}
