"""MaxPool, channels first."""

from __future__ import annotations

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.backends.qonnx.ops._convolution import onnx_pads
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.max_pool import MaxPool


def emit(model: Model, node: Node) -> Tensor:
    """MaxPool, channels first."""
    op = node.op
    assert isinstance(op, MaxPool)
    tensor = model.node(
        "MaxPool",
        [model.value(node.inputs[0], FIRST)],
        model.output_name(node.name, FIRST),
        kernel_shape=op.pool,
        strides=op.strides,
        pads=onnx_pads(op.padding),
    )
    return Tensor(tensor, FIRST)
