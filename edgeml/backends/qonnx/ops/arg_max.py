"""ArgMax as a float."""

from __future__ import annotations

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.ir import Node


def emit(model: Model, node: Node) -> Tensor:
    """ArgMax as a float."""
    from onnx import TensorProto

    index = model.unique(f"{node.name}_index")
    model.node("ArgMax", [model.value(node.inputs[0])], index, axis=-1, keepdims=0)
    return Tensor(model.node("Cast", [index], node.name, to=int(TensorProto.FLOAT)))
