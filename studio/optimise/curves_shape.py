"""What a curve holds, as plain structs: nothing here loads Polars."""

import msgspec

from studio.optimise.costs import Known


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One value: numbers and amounts by status (approved, review, declined) and truth (fraud,
    genuine, unlabelled); `matched` by truth are the rule's hits, empty of a threshold."""

    value: float
    numbers: tuple[tuple[int, ...], ...]
    amounts: tuple[tuple[float, ...], ...]
    matched: tuple[int, ...] = ()


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """All values in order. Amounts are in `currency`; `days` from the first decision on."""

    title: str
    unit: str
    current: float
    currency: str
    days: float
    steps: tuple[Step, ...]
    known: Known
    notes: tuple[str, ...]
    rows: int
    seconds: float

    @property
    def values(self) -> list[float]:
        return [step.value for step in self.steps]
