"""One transaction as the counters see it: when, how much, by whom, and under which conditions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from features.windows.declaring import CONDITIONS, ENTITIES, MEMBERS

SMALL_USD = 10.0
"""Below this an amount is small, as card testers' are (the sources' card testing rule)."""

HIGH_TIMES = 3.0
"""An amount is high that is more than so many times what the customer usually moves."""

MEMBER_BYTES = 8
ENTITY_BYTES = 12

KINDS: Mapping[str, frozenset[str]] = {
    "refund": frozenset({"refund", "chargeback", "reversal"}),
    "loan": frozenset({"loan_disbursement", "loan"}),
    "cash_out": frozenset({"cash_out", "withdrawal"}),
}
"""Types of transactions, in lower case, by the condition that they make true."""

FLAGS: Mapping[str, int] = {name: 1 << i for i, name in enumerate(CONDITIONS)}


@dataclass(frozen=True, slots=True)
class Happening:
    """`amount` is in the institution's currency, missing without a rate. `flags` holds the bits
    (`FLAGS`) of the conditions that are true. `entities` and `members` are hashes by name; of
    those whose parts are not all known there are none."""

    occurred_at: float  # epoch seconds
    amount: float | None
    flags: int
    entities: Mapping[str, bytes]
    members: Mapping[str, bytes]


def happening(
    *,
    occurred_at: float,
    amount: float,
    amount_in_base: float | None,
    amount_in_usd: float | None,
    transaction_type: str | None,
    parties: Mapping[str, bytes],
    country: str | None = None,
    high: bool = False,
) -> Happening:
    """`parties` are keyed hashes by party (customer, card, ..., see `ENTITIES`); `high` is what
    `is_high` said when the transaction was decided."""
    parts: dict[str, bytes] = {**parties, "amount": repr(amount).encode()}
    payee = parties.get("merchant") or parties.get("beneficiary")
    if payee:
        parts["payee"] = payee
    if country:
        parts["country"] = country.encode()
    return Happening(
        occurred_at=occurred_at,
        amount=amount_in_base,
        flags=flags_of(amount=amount, usd=amount_in_usd, transaction_type=transaction_type)
        | (FLAGS["high"] if high else 0),
        entities=_joined(ENTITIES, parts, parties, ENTITY_BYTES),
        members=_joined(MEMBERS, parts, parties, MEMBER_BYTES),
    )


def is_high(amount: float, usual: object) -> bool:
    """Whether the amount is far above the customer's average, in the same currency."""
    return isinstance(usual, float) and amount > HIGH_TIMES * usual


def flags_of(*, amount: float, usd: float | None, transaction_type: str | None) -> int:
    """The bits of the conditions that are true of a transaction before it is decided."""
    kind = (transaction_type or "").lower()
    return (
        (FLAGS["small"] if usd is not None and usd < SMALL_USD else 0)
        | (FLAGS["round"] if amount.is_integer() else 0)
        | sum(FLAGS[condition] for condition, kinds in KINDS.items() if kind in kinds)
    )


def _joined(
    names: Mapping[str, tuple[str, ...]],
    parts: Mapping[str, bytes],
    parties: Mapping[str, bytes],
    size: int,
) -> dict[str, bytes]:
    """A party's keyed hash is cut to size; all else is hashed, as its beginnings may be equal."""
    found = {}
    for name, needed in names.items():
        if len(needed) == 1:
            part = parts.get(needed[0])
            if part is not None:
                hashed = needed[0] in parties or needed[0] == "payee"
                found[name] = part[:size] if hashed else _digest((part,), size)
        else:
            several = tuple(parts.get(part) for part in needed)
            if None not in several:
                found[name] = _digest(several, size)  # type: ignore[arg-type]
    return found


def _digest(parts: tuple[bytes, ...], size: int) -> bytes:
    """Parts are keyed hashes or short, so that their lengths tell them apart."""
    return hashlib.blake2b(
        b"".join(len(part).to_bytes(2, "big") + part for part in parts), digest_size=size
    ).digest()
