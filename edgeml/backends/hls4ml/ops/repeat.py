"""Repeat: nearest-neighbour upsampling of an image's rows or columns, else wires."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.ops._gather import gather
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.repeat import Repeat


def plan(node: Node, planner: Planner) -> None:
    """hls4ml's Resize for one spatial axis of an image."""
    op = node.as_op(Repeat)
    (x,) = node.inputs
    shape = planner.shape(x)
    if op.times == 1:
        planner.alias(node, x)
        return
    if len(shape) == 3 and op.axis < 2:
        after = planner.shape(node.name)
        attributes = {
            "in_height": shape[0],
            "in_width": shape[1],
            "out_height": after[0],
            "out_width": after[1],
            "n_chan": shape[2],
            "algorithm": "nearest",
            "align_corners": False,
        }
        precision = planner.held_as(x)
        planner.add(node, "Resize", (planner.source(x),), precision, attributes=attributes)
        return
    index = np.arange(planner.graph.info(x).size).reshape(shape)
    gather(node, planner, x, np.repeat(index, op.times, axis=op.axis))
