"""The ONNX graph of a trained model: "x" in, "margin" and "anomaly" out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper

from learning.export import boosters, forest
from learning.export.ensemble import regressor

if TYPE_CHECKING:
    from learning.training.trained import Trained

_OPSETS = (("ai.onnx.ml", 3), ("", 17))
_IR = 9


def graph_of(trained: Trained) -> ModelProto:
    """Rows of float32, NaN where missing, to float32. Raises NotExportable."""
    trees, base = boosters.trees_of(trained.boosters)
    nodes = [regressor(trees, base=base, takes="x", gives="margin")]
    if trained.anomaly is not None:
        nodes += _anomaly(trained)
    outputs = [node.output[0] for node in nodes if node.output[0] != "log_anomaly"]
    graph = helper.make_graph(
        nodes,
        "fraudshield",
        [_tensor("x", len(trained.features))],
        [_tensor(name, 1) for name in outputs],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
    checker.check_model(model)
    return model


def _anomaly(trained: Trained) -> list[NodeProto]:
    assert trained.anomaly is not None  # noqa: S101  for the type checker; callers have looked
    trees = forest.trees_of(trained.anomaly)
    return [
        regressor(trees, base=0.0, takes="x", gives="log_anomaly"),
        helper.make_node("Exp", ["log_anomaly"], ["anomaly"], name="anomaly"),
    ]


def _tensor(name: str, width: int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])
