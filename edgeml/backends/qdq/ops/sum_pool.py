"""SumPool: a reduction, or a depthwise convolution with ones that are integers as well.

ONNX Runtime quantizes float weights of a convolution between pairs by itself, with a scale of its own.
"""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops import sum_pool as exact
from edgeml.backends.onnx.ops._linear import conv_node
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.stored import StoredWeights
from edgeml.backends.qdq.quantizing import weights_tensor
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.sum_pool import SumPool


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Sums of windows."""
    op = node.as_op(SumPool)
    (source,) = node.inputs
    shape = model.shape(source)
    if op.pool == shape[:-1] and not any(n for pair in op.padding for n in pair):
        return exact.emit(model, node, step)
    ones = StoredWeights(np.ones((shape[-1], 1, *op.pool), np.int64), np.zeros((), np.int64))
    inputs = [
        model.fetch(source, 0, False, FIRST),
        weights_tensor(model, source, ones, 0, f"{node.name}/ones"),
    ]
    conv = Conv(op.strides, op.padding, (1,) * len(op.pool), shape[-1])
    summed = conv_node(model, conv, (*op.pool, 1, shape[-1]), inputs, node.name)
    return ScaledTensor(summed, 0, False, FIRST)
