"""Convolutions of any kind as hls4ml's Conv1D, Conv2D or, for one filter per channel, DepthwiseConv.

hls4ml has no dilation and no groups that work everywhere; both become zeros in the kernel, which change no
sum, and products with zero vanish in synthesis.
"""

from __future__ import annotations

import math

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.ops._linear import place
from edgeml.backends.hls4ml.ops._window import Pairs, conv_attributes
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import IntArray
from edgeml.ir import Node, Shape

_DEPTHWISE = ("Vitis", "Vivado")
"""hls4ml back ends that have depthwise convolutions in both io types; others sum over zeros."""


def convolution(
    node: Node,
    last: Node,
    planner: Planner,
    kernel: LayerConstant,
    bias: LayerConstant,
    strides: Shape,
    padding: Pairs,
    groups: int = 1,
) -> None:
    """Add the layer.

    Args:
        node: the op.
        last: the op that ends it: `node`, or the Add of its bias.
        planner: where to add it.
        kernel: (*taps, channels / groups, filters).
        bias: per filter.
        strides: per spatial axis.
        padding: zeros (before, after) per spatial axis.
        groups: as in the graph's Conv.
    """
    source, shape, space = node.inputs[0], planner.shape(node.inputs[0]), planner.shape(node.name)[:-1]
    codes, rank = kernel.codes, len(strides)
    if planner.stream and rank == 2 and codes.shape[0] == 1 and strides[0] > 1:
        # hls4ml's stream of a kernel with one row ignores the stride between rows: give it a second row.
        codes = np.concatenate([codes, np.zeros_like(codes)])
        padding = ((padding[0][0], padding[0][1] + 1), padding[1])
    depthwise = groups == shape[-1] == codes.shape[-1] and planner.backend in _DEPTHWISE
    codes = codes.swapaxes(-1, -2) if depthwise else ungrouped(codes, groups)
    taps, filters = codes.shape[:rank], shape[-1] if depthwise else codes.shape[-1]
    place(
        node,
        last,
        planner,
        f"{'Depthwise' if depthwise else ''}Conv{rank}D",
        planner.source(source),
        LayerConstant(codes, kernel.type),
        bias,
        conv_attributes(shape, space, filters, taps, strides, padding),
        None if depthwise else (shape[-1] * math.prod(taps), filters),
    )


def dilated(codes: IntArray, dilation: Shape) -> IntArray:
    """The kernel with zeros between its taps: (*taps, channels, filters) with more taps."""
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
    *taps, channels, filters = codes.shape
    per_group = filters // groups
    full = np.zeros((*taps, channels * groups, filters), np.int64)
    for group in range(groups):
        own = slice(group * per_group, (group + 1) * per_group)
        full[..., group * channels : (group + 1) * channels, own] = codes[..., own]
    return full
