"""ArgMax as a float."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """ArgMax as a float."""
    from onnx import TensorProto

    index = model.unique(f"{node.name}_index")
    model.node("ArgMax", [model.value(node.inputs[0])], index, axis=-1, keepdims=0)
    return QonnxTensor(model.node("Cast", [index], node.name, to=int(TensorProto.FLOAT)))
