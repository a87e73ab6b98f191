"""A rich plan of its own for the counters' tests, and the plainest way of counting the same."""

import hashlib
from dataclasses import dataclass, field, replace

from features.windows.declaring import ENTITIES, LATE_SECONDS, OUTCOMES, Windowed
from features.windows.happening import FLAGS, Happening, happening
from features.windows.plan import make_plan
from scoring.state.counters import Recording
from scoring.state.script import Script


@dataclass(frozen=True)
class Declared:
    name: str
    windowed: Windowed


def _declared(entity, window, aggregate="count", of="", where=""):
    name = "_".join(part for part in (entity, aggregate, of, where, window) if part)
    spec = Windowed(entity=entity, window=window, aggregate=aggregate, of=of, where=where)
    return Declared(name, spec)


WINDOWS = ("10m", "1h", "24h", "7d", "30d")
FEATURES = [
    *[_declared("customer", window) for window in WINDOWS],
    *[_declared("customer", window, "sum") for window in ("1h", "24h", "30d")],
    _declared("customer", "24h", "count", where="round"),
    _declared("customer", "24h", "sum", where="small"),
    *[_declared("customer", window, "distinct", "card") for window in ("1h", "24h")],
    *[
        _declared("customer", "30d", aggregate, "merchant")
        for aggregate in ("distinct", "repeated", "since")
    ],
    _declared("customer", "10m", "repeated", "payment"),
    _declared("card", "24h", where="declined"),
    _declared("card", "30d", where="approved"),
    _declared("card", "30d", "distinct", "customer"),
    _declared("device", "1h", where="small"),
    _declared("ip", "1h"),
    _declared("ip", "24h", "distinct", "customer"),
    _declared("email", "30d", "distinct", "customer"),
    _declared("phone", "30d", "distinct", "customer"),
    *[_declared("merchant", window, "sum") for window in ("1h", "24h", "30d")],
    _declared("merchant", "24h", "distinct", "customer"),
    _declared("beneficiary", "24h", "distinct", "customer"),
    _declared("beneficiary", "24h", "sum"),
    _declared("customer_merchant", "1h"),
    _declared("customer_merchant", "30d", "sum"),
]
SCRIPT = Script(make_plan(FEATURES))


def party(kind: str, number: int) -> bytes:
    return hashlib.blake2b(f"{kind}{number}".encode(), digest_size=16).digest()


def make_recording(
    record_id: object = 1,
    *,
    institution_id: int = 1,
    occurred_at: float = 1_700_000_000.0,
    amount: float = 25.0,
    country: str | None = None,
    transaction_type: str | None = None,
    marks=None,
    **parties: int,
) -> Recording:
    """`make_recording(7, customer=1, merchant=3)`: parties by number."""
    event = happening(
        occurred_at=occurred_at,
        amount=amount,
        amount_in_base=amount,
        amount_in_usd=amount,
        transaction_type=transaction_type,
        parties={kind: party(kind, number) for kind, number in parties.items()},
        country=country,
    )
    return Recording(institution_id, str(record_id).encode(), event, marks or {})


@dataclass
class Plain:
    """Remembers every event and looks through all of them for each answer."""

    complete_since: float = -1e300
    events: list[Happening] = field(default_factory=list)
    answered: dict[bytes, dict[str, float | bool]] = field(default_factory=dict)
    newest: float = float("-inf")

    def record(self, recording: Recording) -> dict[str, float | bool]:
        event = recording.happening
        if recording.record_id not in self.answered:
            if event.occurred_at < self.newest - LATE_SECONDS:
                return {}
            self.answered[recording.record_id] = self._first(event)
        return self.answered[recording.record_id]

    def _first(self, event: Happening) -> dict[str, float | bool]:
        earlier = list(self.events)
        self.events.append(event)
        self.newest = max(self.newest, event.occurred_at)
        found = {f.name: self._answer(f.windowed, event, earlier) for f in FEATURES}
        return {name: answer for name, answer in found.items() if answer is not None}

    def decide(self, recording: Recording, outcome: str) -> None:
        """The outcome becomes known: the event counts under that condition as well."""
        place = self.events.index(recording.happening)
        event = self.events[place]
        self.events[place] = replace(event, flags=event.flags | FLAGS[outcome])

    def _answer(self, asked, event, earlier):
        entity = event.entities.get(asked.entity)
        if entity is None:
            return None
        mine = [e for e in self.events if e.entities.get(asked.entity) == entity]
        if asked.aggregate in ("count", "sum"):
            return self._counted(asked, event, mine)
        return self._seen(asked, event, mine, [e for e in earlier if e in mine])

    def _counted(self, asked, event, mine):
        length = asked.span.bucket_seconds
        last = event.occurred_at // length
        if (last - 119) * length < self.complete_since:
            return None
        held = [e for e in mine if last - 119 <= e.occurred_at // length <= last]
        if asked.where:
            held = [e for e in held if e.flags & FLAGS[asked.where]]
        if asked.aggregate == "count":
            return float(len(held))
        return sum(round(e.amount * 10_000) for e in held) / 10_000

    def _seen(self, asked, event, mine, earlier):
        start = event.occurred_at - asked.span.seconds
        if start < self.complete_since:
            return None
        if asked.aggregate == "distinct":
            after = [e for e in mine if e.occurred_at > start]
            return float(len({e.members[asked.of] for e in after if asked.of in e.members}))
        if asked.of not in event.members:
            return None
        mark = event.members[asked.of]
        times = [e.occurred_at for e in earlier if e.members.get(asked.of) == mark]
        last = max(times, default=float("-inf"))
        if asked.aggregate == "repeated":
            return last > start
        return event.occurred_at - last if start < last <= event.occurred_at else None


assert set(OUTCOMES) == {"approved", "declined"}
assert {f.windowed.entity for f in FEATURES} <= set(ENTITIES)
