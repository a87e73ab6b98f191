"""What a windowed feature can ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from features.errors import DefinitionError

BUCKETS = 120
"""Parts of a window that are counted apart."""

LATE_SECONDS = 86_400.0
"""How much later than its institution's newest event one may come and still be counted."""


class Window(NamedTuple):
    """A span of time before the event."""

    name: str
    seconds: int

    @property
    def bucket_seconds(self) -> int:
        return self.seconds // BUCKETS


WINDOWS: Mapping[str, Window] = {
    window.name: window
    for window in (
        Window("10m", 600),
        Window("1h", 3_600),
        Window("24h", 86_400),
        Window("7d", 604_800),
        Window("30d", 2_592_000),
    )
}

ENTITIES: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer",),
    "card": ("card",),
    "device": ("device",),
    "ip": ("ip",),
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address",),
    "merchant": ("merchant",),
    "beneficiary": ("beneficiary",),
    "bin": ("bin",),
    "seller": ("seller",),
    "agent": ("agent",),
    "customer_merchant": ("customer", "merchant"),
    "customer_agent": ("customer", "agent"),
}
"""Whose events are counted: each entity with the parties that make it. One whose party is not
known takes no part."""

MEMBERS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer",),
    "card": ("card",),
    "device": ("device",),
    "ip": ("ip",),
    "merchant": ("merchant",),
    "beneficiary": ("beneficiary",),
    "country": ("country",),
    "amount": ("amount",),
    "payment": ("amount", "payee"),
}
"""What can be told apart at an entity: each with the parts that make it. `payee` is the merchant,
else the beneficiary."""

CONDITIONS = (
    "small",
    "round",
    "refund",
    "loan",
    "cash_out",
    "approved",
    "declined",
    "high",
    "fraud",
)
"""Which events count, where not all do; their meanings are in `features.windows.happening`."""

OUTCOMES = ("approved", "declined")
"""Conditions that are known only after the decision: the present event is never among them."""

Aggregate = Literal["count", "sum", "distinct", "repeated", "since"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowed:
    """What a feature asks of the recorded events of one entity.

    ``count`` and ``sum`` (of amounts, in the institution's currency) may be narrowed by ``where``.
    ``distinct`` is how many different members ``of`` a kind were seen; ``repeated``, whether the
    present one was seen before; ``since``, how many seconds ago it last was.
    """

    entity: str
    window: str
    aggregate: Aggregate = "count"
    of: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        known = (
            self.entity in ENTITIES
            and self.window in WINDOWS
            and self.where in ("", *CONDITIONS)
            and (self.of in MEMBERS if self.of else True)
        )
        seen = self.aggregate in ("distinct", "repeated", "since")
        if not known or seen != bool(self.of) or (seen and self.where):
            raise DefinitionError(f"no such window: {self}")

    @property
    def span(self) -> Window:
        return WINDOWS[self.window]
