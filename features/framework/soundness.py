"""Whether declarations make sense, each by itself and all together."""

import inspect
from collections.abc import Callable, Iterator

from features.errors import DefinitionError
from features.framework.declaration import CATEGORIES, FACT_NAMES, TALLY_NAMES, Feature, Value
from features.types import Type


def check_all(features: tuple[Feature, ...]) -> None:
    """Raises DefinitionError with the first complaint."""
    known = {*FACT_NAMES, *TALLY_NAMES}
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise DefinitionError(f"{feature.name}: declared twice")
        seen.add(feature.name)
    if "occurred_at" not in seen:
        raise DefinitionError("occurred_at: every catalogue needs the time of the transaction")
    outputs = {feature.name for feature in features if feature.output}
    for feature in features:
        for complaint in _complaints(feature, seen | known, outputs):
            raise DefinitionError(f"{feature.name}: {complaint}")


def _complaints(feature: Feature, known: set[str], outputs: set[str]) -> Iterator[str]:
    """What is wrong with one declaration, worst first."""
    yield from _shape_complaints(feature)
    yield from _computation_complaints(feature)
    for name in (*feature.computed_from, *feature.optional):
        if name not in known:
            yield f"computed from {name}, which is neither a feature nor a fact"
        if name in outputs:
            yield f"computed from {name}, which is written after the decision"
    if feature.same_as and feature.same_as not in known:
        yield f"another name of {feature.same_as}, which is no feature"


def _shape_complaints(feature: Feature) -> Iterator[str]:
    if not (feature.name.isidentifier() and feature.name == feature.name.lower()):
        yield "a name is lower-case words joined by underscores"
    if not feature.doc.strip():
        yield "has no description"
    for category in feature.categories:
        if category not in CATEGORIES:
            yield f"unknown category {category!r}"
    low, high = feature.bounds
    if low > high:
        yield f"bounds are reversed: minimum {low:g} is above maximum {high:g}"
    if bool(feature.pattern) != bool(feature.example):
        yield "a pattern comes with an example, and an example with a pattern"
    if (feature.type is Type.IDENTIFIER) != bool(feature.purpose):
        yield "an identifier, and only an identifier, names the purpose of its hash"


def _computation_complaints(feature: Feature) -> Iterator[str]:
    if feature.compute is None:
        if feature.computed_from or feature.optional:
            yield "names inputs but no computation"
        ours = feature.windowed or feature.gathered_from or feature.output
        if feature.source != "supplied" and not ours:
            yield f"its source is {feature.source!r} but it has no computation"
        return
    if feature.source == "supplied":
        yield "has a computation although its source is 'supplied'"
    expected = len(feature.computed_from) + len(feature.optional)
    taken = _values_taken(feature.compute)
    if taken is not None and taken != expected:
        yield f"its computation takes {taken} values, but {expected} inputs are named"


def _values_taken(compute: Callable[..., Value | None]) -> int | None:
    """How many values the function takes; None when it takes any number."""
    parameters = inspect.signature(compute).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return len(parameters)
