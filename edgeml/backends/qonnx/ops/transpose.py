"""Transpose."""

from __future__ import annotations

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.ir import Node
from edgeml.ir.ops.transpose import Transpose


def emit(model: Model, node: Node) -> Tensor:
    """Transpose."""
    op = node.op
    assert isinstance(op, Transpose)
    perm = (0, *(axis + 1 for axis in op.order))
    return Tensor(model.node("Transpose", [model.value(node.inputs[0])], node.name, perm=perm))
