"""Decision trees in a form of our own, and the ONNX node that holds many of them.

ONNX compares float32 numbers with float32 thresholds. A split says which way a missing value goes.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from onnx import NodeProto, helper

Test = Literal["BRANCH_LT", "BRANCH_LEQ"]


class Split(NamedTuple):
    """Compares column `feature` with `value`; `then` and `otherwise` are places in the tree.

    Several splits may lead to one place: a set of categories is a chain of comparisons.
    """

    feature: int
    test: Test
    value: float
    then: int
    otherwise: int
    missing_then: bool


class Leaf(NamedTuple):
    weight: float


Tree = Sequence[Split | Leaf]
"""Its root stands first."""


def regressor(trees: Sequence[Tree], *, base: float, takes: str, gives: str) -> NodeProto:
    """A node that answers `base` and the sum of the leaves that a row reaches, one to a tree."""
    columns: dict[str, list[Any]] = {name: [] for name in (*_NODE, *_TARGET)}
    for tree_id, tree in enumerate(trees):
        for node_id, node in enumerate(tree):
            _add(columns, tree_id, node_id, node)
    attributes: dict[str, Any] = {
        "n_targets": 1,
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "base_values": [float(np.float32(base))],
        **columns,
    }
    return helper.make_node(
        "TreeEnsembleRegressor", [takes], [gives], name=gives, domain="ai.onnx.ml", **attributes
    )


_NODE = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_modes",
    "nodes_values",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
)
_TARGET = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


def _add(columns: dict[str, list[Any]], tree_id: int, node_id: int, node: Split | Leaf) -> None:
    if isinstance(node, Split):
        said: tuple[Any, ...] = (
            node.feature,
            node.test,
            float(np.float32(node.value)),
            node.then,
            node.otherwise,
            int(node.missing_then),
        )
    else:
        said = (0, "LEAF", 0.0, 0, 0, 0)
        leaf = (tree_id, node_id, 0, float(np.float32(node.weight)))
        for name, value in zip(_TARGET, leaf, strict=True):
            columns[name].append(value)
    for name, value in zip(_NODE, (tree_id, node_id, *said), strict=True):
        columns[name].append(value)
