"""Mobile-money transactions of the PaySim simulator.

`step` is hours since the data's start, which `--epoch` places; PaySim itself names neither date nor
currency ("local currency"). The payer is the customer. A name beginning with M is a merchant's, any
other payee is the beneficiary. The balances are features, as they would be in a live request; they
leak in this data set (docs/imports.md). isFraud is the label; isFlaggedFraud, another system's
verdict, is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from intake.imports import cells
from intake.imports.cells import Fields
from intake.imports.errors import BadRow
from intake.imports.formats import Options, Recorded, Truth, lacking

_NEEDED: Final = ("step", "type", "amount", "nameOrig", "nameDest")
LABELS: Final = ("isFraud", "isFlaggedFraud")
BALANCES: Final = {
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
        **{feature: column for column, feature in BALANCES.items()},
    }
    default_currency = None
    default_epoch = datetime(2017, 1, 1, tzinfo=UTC).timestamp()  # arbitrary, but always the same

    time_columns = ("step",)

    def missing(self, columns: Sequence[str]) -> list[str]:
        return lacking(columns, _NEEDED)

    def ignored(self, columns: Sequence[str]) -> list[str]:
        used = (*_NEEDED, *LABELS, *BALANCES)
        return [name for name in columns if name not in used]

    def event_time(self, fields: Fields) -> float | None:
        try:
            return cells.whole_number(fields, "step", minimum=0, maximum=_LAST_STEP)
        except BadRow:
            return None

    def customer(self, fields: Fields) -> str:
        return str(fields.get("nameOrig", ""))

    def translate(self, number: int, fields: Fields, options: Options) -> Recorded:
        body, faults = read_transaction(fields, options.epoch or 0.0)
        if faults:
            raise faults[0]
        body["transaction_id"] = f"{options.id_prefix}{number}"
        body["currency"] = options.currency
        is_fraud = cells.truth(fields, "isFraud")
        return Recorded(body, None if is_fraud is None else Truth(is_fraud))


def read_transaction(
    fields: Fields, epoch: float | None
) -> tuple[dict[str, Any], Sequence[BadRow]]:
    """What a PaySim transaction says, in native fields, and all that is wrong with it.

    `epoch` is where steps begin (seconds since 1970); without one a step places nothing and need
    not be there. With faults the body is incomplete.
    """
    body: dict[str, Any] = {"industry": "mobile_money"}
    faults: list[BadRow] = []
    for name, read in _READERS.items():
        try:
            value = read(fields)
        except BadRow as fault:
            faults.append(fault)
        else:
            if value is not None:
                body[name] = value
    step = body.pop("step", None)
    if epoch is not None:
        if step is not None:
            body["occurred_at"] = epoch + step * 3600.0
        elif not any(fault.column == "step" for fault in faults):
            faults.append(BadRow("step", "is missing"))
    payer, payee = body.get("user_id"), body.pop("payee", None)
    if payer is not None and payee is not None:
        body |= _other_side(payer, payee)
    return body, faults


def _step(fields: Fields) -> int | None:
    if cells.present(fields, "step") is None:
        return None
    return cells.whole_number(fields, "step", minimum=0, maximum=_LAST_STEP)


def _kind(fields: Fields) -> str:
    kind = cells.needed(fields, "type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise BadRow("type", f"must be one of {', '.join(sorted(_TYPES))}")
    return kind.lower()


def _other_side(payer: str, payee: str) -> dict[str, str]:
    """The merchant on either side, and the payee where it is a person."""
    if payee.startswith("M"):
        return {"merchant_id": payee}
    if payer.startswith("M"):
        return {"merchant_id": payer, "beneficiary_id": payee}
    return {"beneficiary_id": payee}


_READERS: Final[Mapping[str, Callable[[Fields], Any]]] = {
    "step": _step,
    "transaction_type": _kind,
    "amount": partial(cells.number, column="amount"),
    "user_id": partial(cells.identifier, column="nameOrig"),
    "payee": partial(cells.identifier, column="nameDest"),
    **{
        feature: partial(cells.optional_number, column=column)
        for column, feature in BALANCES.items()
    },
}
