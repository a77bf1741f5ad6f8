"""SumPool: a reduction or a depthwise convolution with ones."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._linear import conv_node, sum_of, taps_of
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.sum_pool import SumPool


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Sums of windows: a reduction if the window is the whole space, else a depthwise convolution."""
    op = node.op
    assert isinstance(op, SumPool)
    (source,) = node.inputs
    shape, x = terms.shape(source), terms.terms[source]
    rank = len(shape) - 1
    if op.pool == shape[:-1] and not any(n for pair in op.padding for n in pair):
        layout = x.layout if x.layout is FIRST else LAST
        tensor = terms.fetch(source, step.unit, step.double, layout)
        first = 2 if layout is FIRST else 1
        axes = terms.writer.shared_constant(np.arange(first, first + rank), "/axes")
        return Term(
            terms.writer.new_node("ReduceSum", [tensor, axes], node.name), step.unit, step.double, layout
        )
    ones = (1,) * rank
    if step.double:
        taps = taps_of(terms, node, source, step.unit, (op.pool, op.strides, op.padding, ones))
        return Term(sum_of(terms, [tensor for tensor, _ in taps], node.name), step.unit, True)
    tensor = terms.fetch(source, step.unit, False, FIRST)
    kernel = terms.writer.shared_constant(np.ones((shape[-1], 1, *op.pool), np.float32), f"{node.name}/ones")
    conv = Conv(op.strides, op.padding, ones, shape[-1])
    summed = conv_node(terms, conv, (*op.pool, 1, shape[-1]), [tensor, kernel], node.name)
    return Term(summed, step.unit, False, FIRST)
