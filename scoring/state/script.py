"""The server-side script: the plan as Lua tables, then the text of counters.lua."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from features.catalogue import CATALOGUE
from features.windows.declaring import BUCKETS, ENTITIES, LATE_SECONDS, WINDOWS
from features.windows.happening import FLAGS
from features.windows.plan import EntityPlan, Plan, Ring, Sighting, make_plan

MARKS = ("time", "place", "address_place", "network")
"""What is remembered of the customer's last transaction: that it was, where by the client's word
and where by the address (which are never compared), and over which network. Each with its own
time, as not every transaction tells all."""

RISKY = ("institution", "customer", "card", "device", "ip", "merchant", "beneficiary", "bin")
"""Entities whose share of frauds is kept. The institution's own is what theirs is smoothed with."""

HALF_LIVES = (30 * 86_400, 7 * 86_400, 3 * 86_400)
"""Seconds after which a fraud, and a transaction, counts half in an entity's risk: a rate for each,
so that a wave of frauds stands out from what was long ago."""

LONGEST_RISK = max(HALF_LIVES)

RISK_LAYOUT = ">ddI4" + "dd" * len(HALF_LIVES)
"""How Redis keeps it: time of the newest event, time of the newest fraud, known frauds; then frauds
and transactions for each half-life."""

SETTLED_BUCKETS = tuple(days * 86_400 // WINDOWS["30d"].bucket_seconds for days in (1, 7, 30))
"""Spans before the labels' usual delay of which is told how many transactions and frauds there
were, in buckets of 30 days' rings. None reaches back further than 30 days."""

DELAYS_REMEMBERED = 1_000
"""The usual delay of labels is the mean of about so many."""

FEW_MEMBERS = 8
"""Up to so many members are kept with the entity itself, more in a sorted set of their own."""

MOST_MEMBERS = 4_000
"""From here on who was seen is estimated from a sample. Some of those kept are older than the
window (a late event may ask for them), so that this leaves room for 1,000 within it."""

HOT = 500
"""So many events within its shortest window make an entity one of the hot ones that are shown."""

_TEXT = (Path(__file__).parent / "counters.lua").read_text(encoding="utf-8")
_NOTHING = EntityPlan("", (), (), ())


@dataclass(frozen=True)
class Script:
    """The script for a plan. `places` says by which number it knows an entity."""

    plan: Plan

    @cached_property
    def places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self._entities, start=1)}

    @cached_property
    def _entities(self) -> tuple[str, ...]:
        wanted = {*self.plan.entities, *RISKY, "customer"}
        return tuple(name for name in (*ENTITIES, "institution") if name in wanted)

    def entity(self, name: str) -> EntityPlan:
        return self.plan.entities.get(name, _NOTHING)

    @cached_property
    def text(self) -> str:
        constants = {
            "LATE": int(LATE_SECONDS),
            "BUCKETS": BUCKETS,
            "HALF_LIVES": _table(map(str, HALF_LIVES)),
            "LONGEST_RISK": LONGEST_RISK,
            "RISK": _text(RISK_LAYOUT),
            "SETTLED": _table(map(str, SETTLED_BUCKETS)),
            "SETTLED_SECONDS": WINDOWS["30d"].bucket_seconds,
            "MOST": MOST_MEMBERS,
            "TRIM": 64,
            "FEW": FEW_MEMBERS,
            "HOT": HOT,
            "MARKS": _table(_text(mark) for mark in MARKS),
            # Functions, so that only the tables of those who take part are made.
            "PLAN": _table(f"function() return {self._table(name)} end" for name in self._entities),
        }
        lines = [f"local {name} = {value}" for name, value in constants.items()]
        return "\n".join([*lines, _TEXT])

    @cached_property
    def slots(self) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
        """By entity and answer: the features that it is for, and what kind of answer it is."""
        return {name: tuple(_slots(self.entity(name))) for name in self._entities}

    @cached_property
    def sha(self) -> str:
        """The name by which the server knows it."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """What is kept, in short: state of another fingerprint holds other things."""
        kept = [
            (name, [ring[:2] for ring in plan.rings], [s.of for s in plan.sightings])
            for name, plan in self.plan.entities.items()
        ]
        layout = repr((sorted(kept), BUCKETS, MARKS, RISKY, HALF_LIVES, "4"))
        return hashlib.blake2b(layout.encode(), digest_size=4).hexdigest()

    def _table(self, name: str) -> str:
        plan = self.entity(name)
        spans = [ring.window for ring in plan.rings] + [s.longest for s in plan.sightings]
        longest = max([span.seconds for span in spans], default=0)
        if name in RISKY:
            longest = max(longest, LONGEST_RISK)
        parts = (
            f"name={_text(name)}",
            f"rings={_table(part for ring in plan.rings for part in _ring(ring))}",
            f"seen={_table(part for s in plan.sightings for part in _sighting(s))}",
            f"longest={longest}",
            f"roomy={6 * len(plan.rings) + 12}",
            f"marks={'true' if name == 'customer' else 'false'}",
            f"risk={'true' if name in RISKY else 'false'}",
            f"settled={_settled(plan)}",
        )
        return _table(parts)


def _slots(plan: EntityPlan) -> Iterator[tuple[tuple[str, ...], str]]:
    kinds = []
    for ring in plan.rings:
        kinds += ["count", "sum"] if ring.summed else ["count"]
    for sighting in plan.sightings:
        kinds += [what for what, _ in sighting.asked]
    return zip(plan.answers, kinds, strict=True)


def _ring(ring: Ring) -> tuple[str, ...]:
    name = f"{ring.window.name}.{ring.where}" if ring.where else ring.window.name
    flag = FLAGS[ring.where] if ring.where else 0
    size = 13 if ring.summed else 5
    return (_text(name), *map(str, (ring.window.seconds, ring.window.bucket_seconds, flag, size)))


def _settled(plan: EntityPlan) -> str:
    """The numbers of the rings of 30 days' transactions and frauds, where both are kept."""
    places = {ring.where: n for n, ring in enumerate(plan.rings, 1) if ring.window.name == "30d"}
    both = "" in places and "fraud" in places
    return _table(str(places[where]) for where in ("", "fraud")) if both else "false"


def _sighting(sighting: Sighting) -> tuple[str, str]:
    asked = [part for what, window in sighting.asked for part in (_text(what), str(window.seconds))]
    return _text(sighting.of), _table([*asked, f"longest={sighting.longest.seconds}"])


def _table(parts: Iterable[str]) -> str:
    return "{" + ", ".join(parts) + "}"


def _text(value: str) -> str:
    return f"'{value}'"  # names of the plan: letters, digits and underscores


SCRIPT = Script(make_plan(CATALOGUE))
