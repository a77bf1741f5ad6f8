"""Transpose: hls4ml's own where it has one, else wires."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.ops._gather import gather
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.transpose import Transpose


def plan(node: Node, planner: Planner) -> None:
    """Axes in another order."""
    op = node.op
    assert isinstance(op, Transpose)
    (x,) = node.inputs
    shape = planner.shape(x)
    if op.order == tuple(range(len(shape))):
        planner.alias(node, x)
        return
    if 2 <= len(shape) <= 3 and not planner.stream:
        held = planner.held_as(x)
        attributes = {"perm": list(op.order)}
        planner.add(
            node, "Transpose", (planner.source(x),), held, attributes=attributes, follows_input=True
        )
        return
    index = np.arange(planner.graph.info(x).size).reshape(shape).transpose(op.order)
    gather(node, planner, x, index)
