"""MaxPool, channels first."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._convolution import onnx_pads
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.max_pool import MaxPool

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """MaxPool, channels first."""
    op = node.as_op(MaxPool)
    tensor = model.node(
        "MaxPool",
        [model.value(node.inputs[0], FIRST)],
        model.output_name(node.name, FIRST),
        kernel_shape=op.pool,
        strides=op.strides,
        pads=onnx_pads(op.padding),
    )
    return QonnxTensor(tensor, FIRST)
