"""Pad with zeros."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._convolution import onnx_pads
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.ops.pad import Pad

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Pad with zeros."""
    op = node.as_op(Pad)
    pads = model.integers(onnx_pads(((0, 0), *op.padding)), f"{node.name}_pads")
    return QonnxTensor(model.node("Pad", [model.value(node.inputs[0]), pads], node.name))
