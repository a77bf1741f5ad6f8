"""SumPool: a depthwise convolution with weights of one.

hls4ml's own average pooling divides and rounds in its accumulator type.
"""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.ops._convolution import convolution
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node
from edgeml.ir.ops.sum_pool import SumPool

_BIT = FixedType(False, 1, 0)


def plan(node: Node, planner: Planner) -> None:
    """Every channel is summed on its own."""
    op = node.as_op(SumPool)
    channels = planner.shape(node.name)[-1]
    ones = LayerConstant(np.ones((*op.pool, 1, channels), np.int64), _BIT)
    nothing = LayerConstant(np.zeros(channels, np.int64), _BIT)
    convolution(node, node, planner, ones, nothing, op.strides, op.padding, channels)
