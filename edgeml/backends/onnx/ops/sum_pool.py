"""SumPool: a reduction or a depthwise convolution with ones."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._linear import conv_node, sum_of, taps_of
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import channel_unit_of_input, preferred_if_per_channel
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.sum_pool import SumPool

result_unit, input_unit = channel_unit_of_input, preferred_if_per_channel


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Sums of windows: a reduction if the window is the whole space, else a depthwise convolution."""
    op = node.as_op(SumPool)
    (source,) = node.inputs
    shape, x = model.shape(source), model.tensors[source]
    rank = len(shape) - 1
    if op.pool == shape[:-1] and not any(n for pair in op.padding for n in pair):
        layout = x.layout if x.layout is FIRST else LAST
        tensor = model.fetch(source, step.unit, step.double, layout)
        first = 2 if layout is FIRST else 1
        axes = model.writer.shared_constant(np.arange(first, first + rank), "/axes")
        return ScaledTensor(
            model.writer.new_node("ReduceSum", [tensor, axes], node.name), step.unit, step.double, layout
        )
    ones = (1,) * rank
    if step.double:
        taps = taps_of(model, node, source, step.unit, (op.pool, op.strides, op.padding, ones))
        return ScaledTensor(sum_of(model, [tensor for tensor, _ in taps], node.name), step.unit, True)
    tensor = model.fetch(source, step.unit, False, FIRST)
    kernel = model.writer.shared_constant(np.ones((shape[-1], 1, *op.pool), np.float32), f"{node.name}/ones")
    conv = Conv(op.strides, op.padding, ones, shape[-1])
    summed = conv_node(model, conv, (*op.pool, 1, shape[-1]), [tensor, kernel], node.name)
    return ScaledTensor(summed, step.unit, False, FIRST)
