"""Transpose: hls4ml's own where it has one, else wires."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.ops._gather import gather
from edgeml.backends.hls4ml.ops._reshape import reshape
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.transpose import Transpose

_ANY_RANK = ("Vivado", "Vitis")
"""hls4ml's back ends whose transpose takes more than three axes."""


def plan(node: Node, planner: Planner) -> None:
    """Axes in another order."""
    op = node.as_op(Transpose)
    (x,) = node.inputs
    shape = planner.shape(x)
    index = np.arange(planner.graph.info(x).size).reshape(shape).transpose(op.order)
    if np.array_equal(index.reshape(-1), np.arange(index.size)):
        reshape(node, planner, planner.source(x), shape, planner.shape(node.name))
        return
    # hls4ml drops every transpose of an input whose first axis is 1, in whatever order.
    dropped = shape[0] == 1 and isinstance(planner.graph.node(x).op, Input)
    possible = len(shape) in (2, 3) or planner.backend in _ANY_RANK
    if planner.stream or not possible or dropped:
        gather(node, planner, x, index)
        return
    planner.add(
        node,
        "Transpose",
        (planner.source(x),),
        planner.held_as(x),
        attributes={"perm": list(op.order)},
    )
