"""Conv: Conv1D or Conv2D, DepthwiseConv for one channel per group.

hls4ml has neither dilation nor groups that work in every io type and back end, so both become zeros in
the kernel, which change no sum; synthesis removes products with zero.
"""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import Weights
from edgeml.backends.hls4ml.ops._linear import bias_of, place
from edgeml.backends.hls4ml.ops._window import conv_attributes
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import IntArray
from edgeml.ir import Node, Shape
from edgeml.ir.ops.conv import Conv


def plan(node: Node, planner: Planner) -> None:
    """A convolution with the bias that may follow."""
    op = node.op
    assert isinstance(op, Conv)
    x, w = node.inputs
    held = planner.constant(w)
    codes = ungrouped(dilated(held.codes, op.dilation), op.groups)
    kernel, channels, filters = codes.shape[:-2], codes.shape[-2], codes.shape[-1]
    last, bias = bias_of(node, planner, filters)
    attributes = conv_attributes(
        planner.shape(x), planner.shape(node.name)[:-1], filters, kernel, op.strides, op.padding
    )
    place(
        node,
        last,
        planner,
        f"Conv{len(kernel)}D",
        planner.source(x),
        Weights(codes, held.type),
        bias,
        attributes,
        (channels * int(np.prod(kernel)), filters),
    )


def dilated(codes: IntArray, dilation: Shape) -> IntArray:
    """The kernel with zeros between its taps: (*kernel, channels, filters) with larger kernel axes."""
    if all(step == 1 for step in dilation):
        return codes
    reach = tuple((size - 1) * step + 1 for size, step in zip(codes.shape, dilation, strict=False))
    spread = np.zeros((*reach, *codes.shape[-2:]), np.int64)
    spread[tuple(slice(None, None, step) for step in dilation)] = codes
    return spread


def ungrouped(codes: IntArray, groups: int) -> IntArray:
    """The kernel over all channels, zero where a filter does not see a channel."""
    if groups == 1:
        return codes
    *kernel, channels, filters = codes.shape
    per_group = filters // groups
    full = np.zeros((*kernel, channels * groups, filters), np.int64)
    for group in range(groups):
        own = slice(group * per_group, (group + 1) * per_group)
        full[..., group * channels : (group + 1) * channels, own] = codes[..., own]
    return full
