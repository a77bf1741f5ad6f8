"""Pad with zeros."""

from __future__ import annotations

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.backends.qonnx.ops._convolution import onnx_pads
from edgeml.ir import Node
from edgeml.ir.ops.pad import Pad


def emit(model: Model, node: Node) -> Tensor:
    """Pad with zeros."""
    op = node.op
    assert isinstance(op, Pad)
    pads = model.integers(onnx_pads(((0, 0), *op.padding)), f"{node.name}_pads")
    return Tensor(model.node("Pad", [model.value(node.inputs[0]), pads], node.name))
