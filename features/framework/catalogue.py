"""All features together, and the plan by which the vector of a transaction is computed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from operator import itemgetter
from typing import NamedTuple

from features.errors import DefinitionError
from features.framework.declaration import (
    CATEGORIES,
    FACT_NAMES,
    TALLY_NAMES,
    Facts,
    Feature,
    Row,
    Value,
)
from features.framework.soundness import check_all
from features.types import Type

_TEXTUAL = (Type.STRING, Type.IDENTIFIER, Type.STRINGS)


class Step(NamedTuple):
    """One computation, resolved to positions."""

    first: int  # the input looked at first: most features are missing, and so most steps end there
    target: int
    name: str
    compute: Callable[..., Value | None]
    fetch: Callable[[Row], tuple[Value | None, ...]] | None  # None: the first input is the only one
    needed: int  # how many of the fetched inputs must be known
    bounds: tuple[float, float] | None  # None for values that are not numbers


class Place(NamedTuple):
    """Where a value that is given to us goes; bounds as in :class:`Step`."""

    target: int
    bounds: tuple[float, float] | None


class Catalogue:
    """All features in their stable order, with the plan that computes them."""

    def __init__(self, features: Iterable[Feature], *, version: int = 0) -> None:
        self.version = version
        self.features = tuple(features)
        self.index = {feature.name: i for i, feature in enumerate(self.features)}
        check_all(self.features)
        self._positions = self._lay_out()
        self._blank: Row = [None] * len(self._positions)
        self._plan, self._closing_plan = self._make_plans()
        self._given = {f.name: self._place(f) for f in self.features if _is_given(f)}
        self._identifiers = {
            f.name: self.index[f.name] for f in self.features if f.type is Type.IDENTIFIER
        }
        closing = {step.name for step in self._closing_plan}
        self._tallied = sum(not (f.output or f.name in closing) for f in self.features)

    def __len__(self) -> int:
        return len(self.features)

    def __iter__(self) -> Iterator[Feature]:
        return iter(self.features)

    def __contains__(self, name: object) -> bool:
        return name in self.index

    def __getitem__(self, name: str) -> Feature:
        return self.features[self.index[name]]

    def get(self, name: str) -> Feature | None:
        position = self.index.get(name)
        return None if position is None else self.features[position]

    def by_category(self) -> dict[str, tuple[Feature, ...]]:
        """The features of each category, in catalogue order; one may be in two."""
        return {
            category: tuple(f for f in self.features if category in f.categories)
            for category in CATEGORIES
        }

    def suggest(self, name: str) -> str | None:
        """The name that the writer of an unknown one probably meant."""
        close = difflib.get_close_matches(name.lower(), self.index, n=1, cutoff=0.75)
        return close[0] if close else None

    def compute_vector(self, facts: Facts) -> tuple[Row, dict[str, Value]]:
        """The value of every feature, and what we would have said where the client said otherwise.

        A supplied value wins over a gathered one, a gathered one over a computed one. The second
        result holds, by feature, our own value wherever a supplied one took its place. Supplied
        names which are no features, and identifiers given anywhere but in ``hashes``, are passed
        over. A number out of its feature's bounds, NaN or infinite is missing, as is the result of
        a computation that overflows or divides by zero.
        """
        row = self._blank.copy()
        self._set_facts(row, facts)
        supplied = facts.supplied
        beaten: dict[str, Value] = {}
        self._put(row, supplied)
        self._put_gathered(row, facts.gathered, supplied, beaten)
        _run(self._plan, row, supplied, beaten)
        size = len(self.features)
        row[self._positions["known_features"]] = float(size - row[:size].count(None))
        row[self._positions["possible_features"]] = float(self._tallied)
        _run(self._closing_plan, row, supplied, beaten)
        del row[size:]
        return row, beaten

    def _lay_out(self) -> dict[str, int]:
        """Positions in the working row: the features, then what only computations see."""
        extra = (name for name in FACT_NAMES + TALLY_NAMES if name not in self.index)
        return {name: i for i, name in enumerate((*self.index, *extra))}

    def _place(self, feature: Feature) -> Place:
        return Place(self.index[feature.name], _numeric_bounds(feature))

    def _make_plans(self) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The computations, each after its inputs: those before the tally, and those after."""
        needs = {f.name: (*f.computed_from, *f.optional) for f in self.features}
        ordered = _in_dependency_order(needs)
        late = set(TALLY_NAMES)
        early_steps: list[Step] = []
        late_steps: list[Step] = []
        for name in ordered:
            if name not in self.index:
                continue
            closing = not late.isdisjoint(needs[name])
            if closing:
                late.add(name)
            feature = self[name]
            if feature.compute is not None:
                (late_steps if closing else early_steps).append(self._step(feature))
        return tuple(early_steps), tuple(late_steps)

    def _step(self, feature: Feature) -> Step:
        assert feature.compute is not None  # noqa: S101 - for the type checker; callers have looked
        positions = [self._positions[n] for n in (*feature.computed_from, *feature.optional)]
        needed = len(feature.computed_from)
        return Step(
            positions[0] if needed else self.index["occurred_at"],  # which is never missing
            self.index[feature.name],
            feature.name,
            feature.compute,
            None if needed == len(positions) == 1 else _fetcher(positions),
            needed,
            _numeric_bounds(feature),
        )

    def _set_facts(self, row: Row, facts: Facts) -> None:
        positions = self._positions
        row[positions["occurred_at"]] = facts.occurred_at
        if facts.timestamped:
            row[positions["own_time"]] = facts.occurred_at
        row[positions["utc_offset_minutes"]] = facts.utc_offset_minutes
        for name, value in facts.raw.items():
            position = positions.get("raw_" + name)
            if position is not None:
                row[position] = value
        identifiers = self._identifiers
        for name, value in facts.hashes.items():
            position = identifiers.get(name)
            if position is not None:
                row[position] = value

    def _put(self, row: Row, values: Mapping[str, Value]) -> None:
        given = self._given
        for name, value in values.items():
            place = given.get(name)
            if place is None:
                continue
            target, bounds = place
            if bounds is None:
                row[target] = value
            elif bounds[0] <= value <= bounds[1]:  # type: ignore[operator]
                row[target] = value if value.__class__ is float else float(value)  # type: ignore[arg-type]

    def _put_gathered(
        self,
        row: Row,
        gathered: Mapping[str, Value],
        supplied: Mapping[str, Value],
        beaten: dict[str, Value],
    ) -> None:
        if not gathered:
            return
        free = {}
        for name, value in gathered.items():
            if name not in supplied:
                free[name] = value
            elif name in self._given:
                beaten[name] = value
        self._put(row, free)


def _run(
    plan: tuple[Step, ...], row: Row, supplied: Mapping[str, Value], beaten: dict[str, Value]
) -> None:
    """Carry out the computations of a plan on the working row."""
    for first, target, name, compute, fetch, needed, bounds in plan:
        only = row[first]
        if only is None:
            continue
        current = row[target]
        if current is not None and (name not in supplied or name in beaten):
            continue  # gathered
        if fetch is None:
            arguments: tuple[Value | None, ...] = (only,)
        else:
            arguments = fetch(row)
            if None in arguments[:needed]:
                continue
        try:
            value = compute(*arguments)
        except (ArithmeticError, ValueError):
            continue
        if value is None:
            continue
        if bounds is not None and not bounds[0] <= value <= bounds[1]:  # type: ignore[operator]
            continue
        if current is None:
            row[target] = value
        else:
            beaten[name] = value


def _fetcher(positions: list[int]) -> Callable[[Row], tuple[Value | None, ...]]:
    """Reads the values at these positions, always as a tuple."""
    if len(positions) == 1:
        position = positions[0]
        return lambda row: (row[position],)
    return itemgetter(*positions)


def _is_given(feature: Feature) -> bool:
    """Whether its value is read from what is supplied or gathered."""
    if feature.output or feature.same_as or feature.name == "occurred_at":
        return False
    return feature.type is not Type.IDENTIFIER


def _numeric_bounds(feature: Feature) -> tuple[float, float] | None:
    if feature.type in _TEXTUAL or feature.type is Type.BOOLEAN:
        return None
    return feature.bounds


def _in_dependency_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " <- ".join(error.args[1])
        raise DefinitionError(
            f"features are computed from each other in a circle: {circle}"
        ) from error
