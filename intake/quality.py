"""What is odd about the data of a transaction that is nevertheless taken.

Findings are for the client's own data quality: they change neither score nor decision.
"""

from collections.abc import Callable, Container, Iterator
from typing import Final, Literal

import msgspec

from intake.formats.base import Decoded
from scoring.inputs import TransactionInput

OUTGOING: Final = frozenset({"payment", "transfer", "cash_out", "debit", "withdrawal", "purchase"})
INCOMING: Final = frozenset({"cash_in", "deposit", "refund", "loan_disbursement"})
FEES: Final = 0.01
"""Balances may differ by so much of the amount without a finding, by 0.01 at least."""


class Finding(msgspec.Struct, frozen=True):
    """One oddity. `warning`: something contradicts itself. `notice`: something is not told."""

    field: str
    code: str
    severity: Literal["warning", "notice"]
    message: str


class DataQuality(msgspec.Struct, frozen=True):
    """`passed` means that nothing contradicts itself."""

    passed: bool
    findings: tuple[Finding, ...]


def assess(decoded: Decoded, *, own: Container[str] = ()) -> DataQuality:
    """All findings, with fields by the names that the client gave them. `own` are fields that a
    format keeps with a transaction for itself."""
    findings = tuple(
        msgspec.structs.replace(finding, field=decoded.names.get(finding.field, finding.field))
        for check in _CHECKS
        for finding in check(decoded.request)
        if finding.field not in own
    )
    return DataQuality(all(f.severity != "warning" for f in findings), findings)


def _amount(request: TransactionInput) -> Iterator[Finding]:
    if request.amount == 0:
        yield Finding("amount", "zero_amount", "warning", "The amount is zero.")


def _untold(request: TransactionInput) -> Iterator[Finding]:
    if request.occurred_at is None:
        message = "No time is told; the time of receipt counts."
        yield Finding("occurred_at", "no_time", "notice", message)
    if request.transaction_type is None:
        yield Finding("transaction_type", "no_type", "notice", "No kind of transaction is told.")
    if not request.identifiers.keys() & {"merchant_id", "beneficiary_id"}:
        message = "Neither a merchant nor a payee is told."
        yield Finding("beneficiary_id", "no_counterparty", "notice", message)


def _parties(request: TransactionInput) -> Iterator[Finding]:
    for name in ("beneficiary_id", "merchant_id"):
        if request.identifiers.get(name) == request.user_id:
            message = "Payer and payee are the same."
            yield Finding(name, "same_party", "warning", message)


def _sender(request: TransactionInput) -> Iterator[Finding]:
    before, after = _balances(request, "sender")
    kind = request.transaction_type
    if kind in OUTGOING and before is not None and request.amount > before + _slack(request):
        message = "The amount is more than the payer's balance before it."
        yield Finding("amount", "amount_over_balance", "warning", message)
    sign = _sign(kind)
    if sign and before is not None and after is not None:
        expected = before + sign * request.amount
        if abs(after - expected) > _slack(request):
            message = "The payer's balances do not differ by the amount."
            yield Finding("sender_balance_after", "sender_balance_mismatch", "warning", message)


def _recipient(request: TransactionInput) -> Iterator[Finding]:
    before, after = _balances(request, "recipient")
    sign = -_sign(request.transaction_type)
    if not sign or before is None or after is None:
        return
    if before == after == 0 and "merchant_id" in request.identifiers:
        return  # balances of merchants are usually not told, but sent as zero
    if abs(after - before - sign * request.amount) > _slack(request):
        message = "The payee's balances do not differ by the amount."
        yield Finding("recipient_balance_after", "recipient_balance_mismatch", "warning", message)


def _unknown(request: TransactionInput) -> Iterator[Finding]:
    for name in request.extras:
        message = "The field is not known here; it is kept, and nothing reads it."
        yield Finding(name, "unknown_field", "notice", message)


def _balances(request: TransactionInput, side: str) -> tuple[float | None, float | None]:
    before = request.supplied.get(f"{side}_balance_before")
    after = request.supplied.get(f"{side}_balance_after")
    return (
        float(before) if isinstance(before, int | float) else None,
        float(after) if isinstance(after, int | float) else None,
    )


def _sign(kind: str | None) -> int:
    """What a transaction does to the customer's balance; 0 where the kind does not tell."""
    return -1 if kind in OUTGOING else 1 if kind in INCOMING else 0


def _slack(request: TransactionInput) -> float:
    return max(0.01, FEES * request.amount)


_CHECKS: Final[tuple[Callable[[TransactionInput], Iterator[Finding]], ...]] = (
    _amount,
    _untold,
    _parties,
    _sender,
    _recipient,
    _unknown,
)
