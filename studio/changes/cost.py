"""What a ruleset costs scoring: measured here and now, before and after."""

from time import perf_counter
from typing import Final

import msgspec

from features.catalogue import compute_vector
from features.framework import Facts, Row, Value
from rules.definition import Snapshot
from rules.engine import CompiledBook, CompiledVertical

ROUNDS: Final = 5
CALLS: Final = 300


class Cost(msgspec.Struct, frozen=True):
    """Microseconds that the vertical's rules take for a transaction on which none fires, the best
    of five rounds; and how many rules it has. Of the vertical with most rules."""

    vertical: str
    before_us: float
    after_us: float
    rules_before: int
    rules_after: int


def cost_of(before: Snapshot, after: Snapshot) -> Cost | None:
    """None where there is no vertical. Measured turn by turn, since a busy machine slows both."""
    codes = [config.code for config in after.verticals]
    if not codes:
        return None
    old, new = CompiledBook(before, number=0), CompiledBook(after, number=0)
    code = max(codes, key=lambda one: len(new.vertical(one).rules))
    mine = new.vertical(code)
    was = old.vertical(code) if code in old.configs else None
    values = compute_vector(Facts(occurred_at=1_767_261_600.0, supplied=_SUPPLIED))[0]
    best_before = best_after = float("inf")
    for _ in range(ROUNDS):
        if was is not None:
            best_before = min(best_before, _time(was, values))
        best_after = min(best_after, _time(mine, values))
    return Cost(
        vertical=code,
        before_us=round(best_before, 1) if was is not None else 0.0,
        after_us=round(best_after, 1),
        rules_before=len(was.rules) if was is not None else 0,
        rules_after=len(mine.rules),
    )


_SUPPLIED: Final[dict[str, Value]] = {"amount": 1_000.0, "currency": "NGN"}


def _time(vertical: CompiledVertical, values: Row) -> float:
    rates = dict.fromkeys(vertical.required_currencies, 1.0)
    evaluate = vertical.evaluate
    started = perf_counter()
    for _ in range(CALLS):
        evaluate(
            values,
            currency="NGN",
            rates=rates,
            listed=frozenset(),
            customer_hash=None,
        )
    return (perf_counter() - started) / CALLS * 1e6
