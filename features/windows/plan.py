"""What the counters must keep for a catalogue's windowed features, and where each answer goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from features.windows.declaring import ENTITIES, OUTCOMES, WINDOWS, Window, Windowed


class Declared(Protocol):
    """A feature, as far as the plan reads it."""

    @property
    def name(self) -> str: ...
    @property
    def windowed(self) -> Windowed | None: ...


class Ring(NamedTuple):
    """Counts, and sums if anybody asks for them, over one window under one condition."""

    window: Window
    where: str
    summed: bool

    @property
    def is_outcome(self) -> bool:
        return self.where in OUTCOMES


class Sighting(NamedTuple):
    """Which members were seen, and when last. `asked` are the questions in order of the answers."""

    of: str
    asked: tuple[tuple[str, Window], ...]  # aggregate and window

    @property
    def longest(self) -> Window:
        return max((window for _, window in self.asked), key=lambda window: window.seconds)


@dataclass(frozen=True, slots=True)
class EntityPlan:
    """One entity's share. The answers come in this order: for each ring its count, and its sum
    where it is summed; then for each sighting what is asked of it. `answers` names the features
    that each answer is for."""

    name: str
    rings: tuple[Ring, ...]
    sightings: tuple[Sighting, ...]
    answers: tuple[tuple[str, ...], ...]

    @property
    def longest(self) -> Window:
        spans = [ring.window for ring in self.rings] + [s.longest for s in self.sightings]
        return max(spans, key=lambda window: window.seconds)


@dataclass(frozen=True, slots=True)
class Plan:
    """By entity, in the order of `ENTITIES`; entities that no feature asks about are left out.
    `sums` are the features which are amounts in the institution's currency."""

    entities: Mapping[str, EntityPlan]
    sums: frozenset[str]


def make_plan(features: Iterable[Declared]) -> Plan:
    """The plan of all windowed features among them."""
    asked = [(feature.name, feature.windowed) for feature in features if feature.windowed]
    plans = {}
    for entity in ENTITIES:
        mine = [(name, spec) for name, spec in asked if spec.entity == entity]
        if mine:
            plans[entity] = _entity_plan(entity, mine)
    return Plan(plans, frozenset(name for name, spec in asked if spec.aggregate == "sum"))


def _entity_plan(entity: str, asked: list[tuple[str, Windowed]]) -> EntityPlan:
    rings = _rings([spec for _, spec in asked])
    sightings = _sightings([spec for _, spec in asked])
    questions: list[tuple[str, Window, str]] = []  # aggregate, window, and where or of
    for ring in rings:
        questions += [(what, ring.window, ring.where) for what in _totals(ring)]
    for seen in sightings:
        questions += [(what, window, seen.of) for what, window in seen.asked]
    answers = tuple(
        tuple(
            name for name, spec in asked if (spec.aggregate, spec.span, _object(spec)) == question
        )
        for question in questions
    )
    return EntityPlan(entity, rings, sightings, answers)


def _totals(ring: Ring) -> tuple[str, ...]:
    return ("count", "sum") if ring.summed else ("count",)


def _object(spec: Windowed) -> str:
    return spec.of or spec.where


def _rings(specs: list[Windowed]) -> tuple[Ring, ...]:
    kept = [spec for spec in specs if spec.aggregate in ("count", "sum")]
    places = {(spec.where, spec.window) for spec in kept}
    summed = {(spec.where, spec.window) for spec in kept if spec.aggregate == "sum"}
    order = sorted(places, key=lambda place: (place[0], WINDOWS[place[1]].seconds))
    return tuple(Ring(WINDOWS[window], where, (where, window) in summed) for where, window in order)


def _sightings(specs: list[Windowed]) -> tuple[Sighting, ...]:
    seen: dict[str, set[tuple[str, Window]]] = {}
    for spec in specs:
        if spec.of:
            seen.setdefault(spec.of, set()).add((spec.aggregate, spec.span))
    return tuple(
        Sighting(of, tuple(sorted(seen[of], key=lambda asked: (asked[0], asked[1].seconds))))
        for of in sorted(seen)
    )
