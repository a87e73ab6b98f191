"""The isolation forest as trees that sum path lengths; faster and truer than converters make it.

A forest's figure is 2^(-mean path / usual path). Each leaf weighs -ln 2 x its path / (trees x
usual path), so that the exponential of the sum is the figure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from learning.export.ensemble import Leaf, Split, Tree

if TYPE_CHECKING:
    from learning.training.trained import Forest

_LEAF = -1
_EULER = 0.5772156649015329


def trees_of(anomaly: Forest) -> list[Tree]:
    """Over the columns of the whole matrix; missing values go where their fill would go."""
    forest = anomaly.forest
    scale = -math.log(2.0) / (len(forest.estimators_) * usual_path(forest.max_samples_))
    chosen = zip(forest.estimators_, forest.estimators_features_, strict=True)
    return [_tree(one.tree_, columns, anomaly, scale) for one, columns in chosen]


def usual_path(samples: float) -> float:
    """The mean path of an unsuccessful search in a binary tree of so many samples (Liu et al.)."""
    if samples <= 1:
        return 0.0
    if samples <= 2:
        return 1.0
    return 2.0 * (math.log(samples - 1.0) + _EULER) - 2.0 * (samples - 1.0) / samples


def _tree(tree: Any, columns: Sequence[int], anomaly: Forest, scale: float) -> Tree:
    depths = _depths(tree)
    nodes: list[Split | Leaf] = []
    for node in range(tree.node_count):
        left = int(tree.children_left[node])
        if left == _LEAF:
            path = depths[node] + usual_path(float(tree.n_node_samples[node]))
            nodes.append(Leaf(path * scale))
            continue
        column = int(columns[tree.feature[node]])
        threshold = _float32_below(float(tree.threshold[node]))
        nodes.append(
            Split(
                anomaly.columns[column],
                "BRANCH_LEQ",
                threshold,
                left,
                int(tree.children_right[node]),
                missing_then=bool(np.float32(anomaly.fills[column]) <= threshold),
            )
        )
    return nodes


def _float32_below(threshold: float) -> float:
    """The largest float32 not above: equal comparisons for every float32 value."""
    rounded = np.float32(threshold)
    if float(rounded) > threshold:
        rounded = np.nextafter(rounded, np.float32(-np.inf))
    return float(rounded)


def _depths(tree: Any) -> list[int]:
    """Splits above each node; children stand after their parents."""
    depths = [0] * int(tree.node_count)
    for node in range(tree.node_count):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child != _LEAF:
                depths[child] = depths[node] + 1
    return depths
