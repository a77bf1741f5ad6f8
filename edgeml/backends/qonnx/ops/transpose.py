"""Transpose."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.ops.transpose import Transpose

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Transpose."""
    op = node.as_op(Transpose)
    perm = (0, *(axis + 1 for axis in op.order))
    return QonnxTensor(model.node("Transpose", [model.value(node.inputs[0])], node.name, perm=perm))
