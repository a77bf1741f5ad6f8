"""Relu."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Relu."""
    x = model.tensors[node.inputs[0]]
    return QonnxTensor(model.node("Relu", [x.name], model.output_name(node.name, x.layout)), x.layout)
