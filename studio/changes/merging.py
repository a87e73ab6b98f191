"""Three-way merging of definitions: what both changed alike or only one changed merges by itself.

Pure. Parameters merge by name and, where all three sides have them, by attribute. Fields are named
as "condition", "parameters.limit.value", "rule_weights.high_amount".
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

Plain = dict[str, Any]
GONE: Final = None
"""Stands in a conflict for a side that does not have the thing."""
_MISSING: Final = object()
_BY_KEY: Final = ("rule_weights",)


def merge(base: Plain, ours: Plain, theirs: Plain) -> tuple[Plain, dict[str, Plain]]:
    """The merged definition, and the conflicts by field, in which ours stands for the time being.

    >>> base = {"score": "30", "name": "A", "tags": []}
    >>> merge(base, base | {"score": "40"}, base | {"name": "B"})
    ({'score': '40', 'name': 'B', 'tags': []}, {})
    >>> merge(base, base | {"score": "40"}, base | {"score": "50"})[1]
    {'score': {'base': '30', 'ours': '40', 'theirs': '50'}}
    """
    base, ours, theirs = (_as_stored(side) for side in (base, ours, theirs))
    whole = _removed(base, ours, theirs)
    sides = tuple(_flat(side, whole) for side in (base, ours, theirs))
    merged: dict[str, Any] = {}
    conflicts: dict[str, Plain] = {}
    for name in dict.fromkeys([*sides[1], *sides[2], *sides[0]]):
        was, mine, other = (side.get(name, _MISSING) for side in sides)
        if mine == other or other == was:
            chosen = mine
        elif mine == was:
            chosen = other
        else:
            chosen = mine
            conflicts[name] = {"base": _shown(was), "ours": _shown(mine), "theirs": _shown(other)}
        if chosen is not _MISSING:
            merged[name] = chosen
    return _deep(merged), conflicts


def choose(definition: Plain, field: str, value: Any) -> Plain:
    """The definition with that field so; GONE takes a parameter or weight out.

    >>> choose({"parameters": [{"name": "limit", "value": 5}]}, "parameters.limit.value", 7)
    {'parameters': [{'name': 'limit', 'value': 7}]}
    """
    flat = _flat(definition, frozenset())
    for name in [n for n in flat if n == field or n.startswith(f"{field}.")]:
        del flat[name]
    return _deep(flat if value is GONE else flat | {field: value})


def still_open(
    conflicts: Mapping[str, Plain], definition: Plain, theirs: Plain | None = None
) -> dict[str, Plain]:
    """Those that nobody settled: the definition still says what ours did, and `theirs`, if given,
    what theirs did.

    >>> open_one = {"score": {"base": "30", "ours": "40", "theirs": "50"}}
    >>> still_open(open_one, {"score": "40"}) == open_one, still_open(open_one, {"score": "45"})
    (True, {})
    """
    sides = [("ours", definition)] + ([] if theirs is None else [("theirs", theirs)])
    return {
        field: conflict
        for field, conflict in conflicts.items()
        if all(_value_at(side, field) == conflict[name] for name, side in sides)
    }


def _value_at(definition: Plain, field: str) -> Any:
    """Of a field as conflicts name it; a whole parameter as its table."""
    flat = _flat(_as_stored(definition), frozenset())
    if field in flat:
        return flat[field]
    inside = {n.removeprefix(f"{field}."): v for n, v in flat.items() if n.startswith(f"{field}.")}
    return inside or GONE


def _as_stored(side: Plain) -> Plain:
    """Lists for tuples, as JSON has it: a side may come from the database or from memory."""
    stored: Plain = msgspec.json.decode(msgspec.json.encode(side))
    return stored


def _removed(base: Plain, ours: Plain, theirs: Plain) -> frozenset[str]:
    """Parameters that one side took out: they are kept or dropped as a whole."""
    was, mine, other = (_names(side) for side in (base, ours, theirs))
    return frozenset(was - (mine & other))


def _names(definition: Plain) -> set[str]:
    return {parameter["name"] for parameter in definition.get("parameters", ())}


def _flat(definition: Plain, whole: frozenset[str]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in definition.items():
        if name == "parameters":
            for parameter in value:
                prefix = f"parameters.{parameter['name']}"
                if parameter["name"] in whole:
                    flat[prefix] = parameter
                else:
                    flat |= {f"{prefix}.{part}": one for part, one in parameter.items()}
        elif name in _BY_KEY:
            flat[name] = {}
            flat |= {f"{name}.{key}": one for key, one in value.items()}
        else:
            flat[name] = value
    return flat


def _deep(flat: Mapping[str, Any]) -> Plain:
    """The inverse of `_flat`."""
    deep: Plain = {}
    parameters: dict[str, Plain] = {}
    for field, value in flat.items():
        name, _, rest = field.partition(".")
        if name == "parameters":
            code, _, part = rest.partition(".")
            parameters.setdefault(code, {}).update({part: value} if part else value)
        elif rest:
            deep.setdefault(name, {})[rest] = value
        else:
            deep[name] = dict(value) if name in _BY_KEY else value
    if parameters:
        deep["parameters"] = list(parameters.values())
    return deep


def _shown(value: Any) -> Any:
    return GONE if value is _MISSING else value
