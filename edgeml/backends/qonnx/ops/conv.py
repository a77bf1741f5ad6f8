"""Conv, channels first, with its bias if it has one."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.backends.qonnx.ops._convolution import conv_node
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv


def emit(model: Model, node: Node, bias: str = "", result: str = "") -> Tensor:
    """Conv, channels first, as the value `result` if a constant `bias` is part of it."""
    op = node.op
    assert isinstance(op, Conv)
    source, weight = node.inputs
    rank = len(op.strides)
    kernel = model.constant(weight, lambda values: values.transpose(rank + 1, rank, *range(rank)))
    inputs = [model.value(source, FIRST), kernel]
    if bias:
        filters = model.shape(node.name)[-1:]
        inputs.append(model.constant(bias, lambda values: np.broadcast_to(values.reshape(-1), filters)))
    return Tensor(conv_node(model, result or node.name, op, model.shape(weight)[:rank], inputs), FIRST)
