"""XGBoost's trees, read from its own JSON.

Its rules: a number goes left when it is less than the threshold, both float32; a category goes
right when it is in the split's set; a missing value goes where the split says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from learning.export.ensemble import Leaf, Split, Tree
from learning.export.errors import NotExportable

if TYPE_CHECKING:
    from xgboost import Booster

_OBJECTIVES = ("binary:logistic", "reg:logistic", "binary:logitraw")
_LEAF = -1


def trees_of(boosters: Sequence[Booster]) -> tuple[list[Tree], float]:
    """All trees with their leaves divided by the number of boosters, and the mean base margin, so
    that their sum is the mean of the boosters' margins. Raises NotExportable."""
    trees: list[Tree] = []
    bases = []
    for booster in boosters:
        learner = learner_of(booster)
        bases.append(_base_margin(learner))
        model = learner["gradient_booster"]["model"]
        trees += [_tree(tree, 1.0 / len(boosters)) for tree in model["trees"]]
    if not bases:
        raise NotExportable("The model has no boosters.")
    return trees, math.fsum(bases) / len(bases)


def learner_of(booster: Booster) -> dict[str, Any]:
    """XGBoost's description of the booster. Raises NotExportable for kinds that sum otherwise."""
    learner: dict[str, Any] = json.loads(bytes(booster.save_raw("json")))["learner"]
    kind, objective = learner["gradient_booster"]["name"], learner["objective"]["name"]
    if kind != "gbtree":
        raise NotExportable(f"A booster of kind {kind} cannot be exported, only gbtree.")
    if objective not in _OBJECTIVES:
        raise NotExportable(f"The objective {objective} is none of {', '.join(_OBJECTIVES)}.")
    if any(learner["gradient_booster"]["model"]["tree_info"]):
        raise NotExportable("The booster tells more than two classes apart.")
    return learner


def _base_margin(learner: dict[str, Any]) -> float:
    """The starting point in log odds; it is stored as a probability."""
    text = learner["learner_model_param"]["base_score"].strip("[]")
    base = float(text)
    if learner["objective"]["name"] == "binary:logitraw":
        return base
    return math.log(base / (1.0 - base))


def _tree(stored: dict[str, Any], scale: float) -> Tree:
    return list(_nodes(stored, scale))


def _nodes(stored: dict[str, Any], scale: float) -> Iterator[Split | Leaf]:
    """The stored nodes in their places, and after them what sets of categories need more."""
    sets = categories_of(stored)
    more: list[Split] = []
    first_more = len(stored["left_children"])
    for node, left in enumerate(stored["left_children"]):
        right, value = stored["right_children"][node], stored["split_conditions"][node]
        if left == _LEAF:
            yield Leaf(value * scale)
            continue
        feature, missing_left = stored["split_indices"][node], bool(stored["default_left"][node])
        if not stored["split_type"][node]:
            yield Split(feature, "BRANCH_LT", value, left, right, missing_left)
            continue
        chain = _chain(feature, sets[node], left, right, missing_left, first_more + len(more))
        yield chain[0]
        more += chain[1:]
    yield from more


def categories_of(stored: dict[str, Any]) -> dict[int, list[int]]:
    """The sets of categories that go right, by node."""
    spans = zip(
        stored["categories_nodes"],
        stored["categories_segments"],
        stored["categories_sizes"],
        strict=True,
    )
    return {node: stored["categories"][start : start + size] for node, start, size in spans}


def _chain(
    feature: int, chosen: Sequence[int], left: int, right: int, missing_left: bool, place: int
) -> list[Split]:
    """One comparison for each end of a run of neighbours, from the lowest; all but the first stand
    at `place` and after it.

    Not one for each category with "equal": ONNX Runtime walks trees of a single kind of comparison
    twice as fast, and runs are fewer. Only the branch taken may lead to a shared place.
    """
    ends = _ends(chosen)
    last = len(ends) - 1
    return [
        Split(
            feature,
            "BRANCH_LT",
            end - 0.5,
            right if inside else left,
            (left if inside else right) if step == last else place + step,
            # The first that leads where missing values go takes them there.
            missing_then=inside is not missing_left,
        )
        for step, (end, inside) in enumerate(ends)
    ]


def _ends(chosen: Sequence[int]) -> list[tuple[int, bool]]:
    """The first category after each run from 0 on, and whether the run is of the chosen.

    >>> _ends([1, 2, 5])
    [(1, False), (3, True), (5, False), (6, True)]
    >>> _ends([0])
    [(1, True)]
    """
    inside = set(chosen)
    places = range(max(chosen) + 1)
    return [(at + 1, at in inside) for at in places if (at in inside) != (at + 1 in inside)]
