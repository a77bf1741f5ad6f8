"""Relu."""

from __future__ import annotations

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.ir import Node


def emit(model: Model, node: Node) -> Tensor:
    """Relu."""
    x = model.tensors[node.inputs[0]]
    return Tensor(model.node("Relu", [x.name], model.output_name(node.name, x.layout)), x.layout)
