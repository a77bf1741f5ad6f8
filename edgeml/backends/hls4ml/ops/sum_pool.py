"""SumPool: a convolution in which every channel is summed with weights of one.

hls4ml's own average pooling divides and rounds in its accumulator type.
"""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import Weights
from edgeml.backends.hls4ml.ops._linear import place
from edgeml.backends.hls4ml.ops._window import conv_attributes
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node
from edgeml.ir.ops.sum_pool import SumPool

_BIT = FixedType(False, 1, 0)


def plan(node: Node, planner: Planner) -> None:
    """A convolution with an identity matrix at every tap."""
    op = node.op
    assert isinstance(op, SumPool)
    (x,) = node.inputs
    shape, space = planner.shape(x), planner.shape(node.name)[:-1]
    channels = shape[-1]
    codes = np.broadcast_to(np.eye(channels, dtype=np.int64), (*op.pool, channels, channels))
    attributes = conv_attributes(shape, space, channels, op.pool, op.strides, op.padding)
    place(
        node,
        node,
        planner,
        f"Conv{len(op.pool)}D",
        planner.source(x),
        Weights(codes, _BIT),
        Weights(np.zeros(channels, np.int64), _BIT),
        attributes,
        None,
    )
