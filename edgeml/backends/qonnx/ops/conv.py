"""Conv, channels first, with its bias if it has one."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._convolution import conv_node
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.bias import Bias
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv

exponents = no_exponents


def emit(model: QonnxModel, node: Node, bias: Bias | None = None) -> QonnxTensor:
    """Conv, channels first; with a bias it is the value of the bias's Add."""
    op = node.as_op(Conv)
    source, weight = node.inputs
    rank = len(op.strides)
    kernel = model.constant(weight, lambda values: values.transpose(rank + 1, rank, *range(rank)))
    inputs = [model.value(source, FIRST), kernel]
    if bias is not None:
        inputs.append(model.constant(bias.constant, lambda values: values))
    result = node if bias is None else bias.total
    return QonnxTensor(conv_node(model, result.name, op, model.shape(weight)[:rank], inputs), FIRST)
