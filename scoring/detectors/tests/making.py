"""A model small enough to work out by hand, as files.

Margin: -2 for an amount below 1,000 or missing, else +1; +2 on a VPN; +0.5 for a transfer.
Anomaly: 0.4 below 500,000 or missing, else 0.8.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from onnx import TensorProto, helper

from scoring.detectors import Artefact, read_artefact
from scoring.detectors.manifest import FORMAT, GRAPH, NAME, PATHS, Column, Curve, Manifest
from scoring.detectors.paths import Paths

COLUMNS = (
    Column("amount", "number"),
    Column("ip_is_vpn", "flag"),
    Column("transaction_type", "category", ("deposit", "transfer")),
)
CALIBRATION = Curve((-4.0, 4.0), (0.0, 1.0))
ALIGNMENT = Curve((-4.0, 0.0, 4.0), (0.0, 40.0, 100.0))
ANOMALY = Curve((0.0, 1.0), (0.0, 100.0))
# column, threshold, weight below or missing, weight above
MARGIN = ((0, 1_000.0, -2.0, 1.0), (1, 0.5, 0.0, 2.0), (2, 0.5, 0.0, 0.5))
STRANGE = ((0, 500_000.0, 0.4, 0.8),)
Stumps = tuple[tuple[int, float, float, float], ...]


def make_artefact(
    folder: Path,
    *,
    bonus: float = 0.0,
    columns: tuple[Column, ...] = COLUMNS,
    more: Mapping[str, bytes] = {},
    **manifest: Any,
) -> Artefact:
    """Writes the folder; `bonus` is added to every margin, so that models differ."""
    folder.mkdir(parents=True)
    files = {GRAPH: graph(bonus), PATHS: paths().dump(), **more}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    said = {
        "format": FORMAT,
        "catalogue_version": 1,
        "columns": columns,
        "calibration": CALIBRATION,
        "alignment": ALIGNMENT,
        "anomaly": ANOMALY,
        "boosters": 0,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        **manifest,
    }
    (folder / NAME).write_bytes(msgspec.json.encode(Manifest(**said)))
    return read_artefact(folder)


def graph(bonus: float = 0.0) -> bytes:
    trees = [_stumps("margin", bonus, MARGIN), _stumps("anomaly", 0.0, STRANGE)]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1])
        for name in ("margin", "anomaly")
    ]
    made = helper.make_model(
        helper.make_graph(trees, "tiny", [x], outputs),
        opset_imports=[helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)],
        ir_version=9,
    )
    return bytes(made.SerializeToString())


def _stumps(name: str, base: float, splits: Stumps) -> Any:
    """Trees of one split each."""
    count = len(splits)
    trees = [tree for tree in range(count) for _ in range(3)]
    return helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        [name],
        domain="ai.onnx.ml",
        n_targets=1,
        base_values=[base],
        nodes_treeids=trees,
        nodes_nodeids=[0, 1, 2] * count,
        nodes_featureids=[one for column, *_ in splits for one in (column, 0, 0)],
        nodes_modes=["BRANCH_LT", "LEAF", "LEAF"] * count,
        nodes_values=[one for _, limit, *_ in splits for one in (limit, 0.0, 0.0)],
        nodes_truenodeids=[1, 0, 0] * count,
        nodes_falsenodeids=[2, 0, 0] * count,
        nodes_missing_value_tracks_true=[1, 0, 0] * count,
        target_treeids=[tree for tree in range(count) for _ in range(2)],
        target_nodeids=[1, 2] * count,
        target_ids=[0] * (2 * count),
        target_weights=[weight for *_, low, high in splits for weight in (low, high)],
    )


def paths() -> Paths:
    """The three trees of the margin; each root expects the mean of its leaves."""
    below, above, column, threshold, expected = [], [], [], [], []
    for tree, (of, limit, low, high) in enumerate(MARGIN):
        start = 3 * tree
        below += [start + 1, start + 1, start + 2]
        above += [start + 2, start + 1, start + 2]
        column += [of, 0, 0]
        threshold += [limit, 0.0, 0.0]
        expected += [(low + high) / 2, low, high]
    return Paths(
        roots=np.array([0, 3, 6], np.int32),
        column=np.array(column, np.int32),
        threshold=np.array(threshold, np.float32),
        below=np.array(below, np.int32),
        above=np.array(above, np.int32),
        missing=np.array(below, np.int32),
        chosen=np.zeros(9, np.uint64),
        expected=np.array(expected, np.float64),
        depth=np.array([1], np.int32),
    )
