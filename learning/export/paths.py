"""The boosters' trees for `scoring.detectors.paths`, with the mean margin at each node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from learning.export.boosters import categories_of, learner_of
from learning.export.errors import NotExportable
from scoring.detectors.paths import Paths

if TYPE_CHECKING:
    from xgboost import Booster

_LEAF = -1
_MOST_CATEGORIES = 64  # the bits of a set


def paths_of(boosters: Sequence[Booster]) -> Paths:
    """Raises NotExportable."""
    trees = [
        tree
        for booster in boosters
        for tree in learner_of(booster)["gradient_booster"]["model"]["trees"]
    ]
    sizes = [len(tree["left_children"]) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    parts = [_tree(tree, int(root)) for tree, root in zip(trees, roots, strict=True)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    joined["expected"] /= len(boosters)
    depth = max(_depth(tree) for tree in trees)
    return Paths(roots=roots.astype(np.int32), depth=np.asarray([depth], np.int32), **joined)


def _tree(stored: dict[str, Any], start: int) -> dict[str, Any]:
    left, right = (np.asarray(stored[f"{side}_children"], np.int32) for side in ("left", "right"))
    leaf = left == _LEAF
    here = np.arange(len(left), dtype=np.int32)
    below, above = np.where(leaf, here, left) + start, np.where(leaf, here, right) + start
    default_left = np.asarray(stored["default_left"], bool)
    return {
        "column": np.where(leaf, 0, np.asarray(stored["split_indices"], np.int32)).astype(np.int32),
        "threshold": np.asarray(stored["split_conditions"], np.float32),
        "below": below.astype(np.int32),
        "above": above.astype(np.int32),
        "missing": np.where(default_left, below, above).astype(np.int32),
        "chosen": _sets(stored),
        "expected": _expected(stored),
    }


def _sets(stored: dict[str, Any]) -> Any:
    sets = np.zeros(len(stored["left_children"]), np.uint64)
    for node, categories in categories_of(stored).items():
        if max(categories) >= _MOST_CATEGORIES:
            raise NotExportable(f"A category has more than {_MOST_CATEGORIES} values.")
        sets[node] = sum(1 << category for category in categories)
    return sets


def _expected(stored: dict[str, Any]) -> Any:
    """The leaves' mean below each node, weighed by what passed; children stand after parents."""
    left, right = stored["left_children"], stored["right_children"]
    weight = stored["sum_hessian"]
    mean = np.asarray(stored["split_conditions"], np.float64)
    for node in reversed(range(len(left))):
        a, b = left[node], right[node]
        if a != _LEAF:
            mean[node] = (mean[a] * weight[a] + mean[b] * weight[b]) / (weight[a] + weight[b])
    return mean


def _depth(stored: dict[str, Any]) -> int:
    left, right = stored["left_children"], stored["right_children"]
    depths = [0] * len(left)
    for node, (a, b) in enumerate(zip(left, right, strict=True)):
        if a != _LEAF:
            depths[a] = depths[b] = depths[node] + 1
    return max(depths)
