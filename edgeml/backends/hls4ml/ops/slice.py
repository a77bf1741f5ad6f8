"""Slice: a regular part of a value."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.ops._gather import gather
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.slice import Slice


def plan(node: Node, planner: Planner) -> None:
    """Cropping where only spatial axes are cut without steps, else wires."""
    op = node.as_op(Slice)
    (x,) = node.inputs
    shape = planner.shape(x)
    space = len(shape) - 1
    whole_channels = space >= 0 and (op.starts[-1], op.stops[-1], op.steps[-1]) == (0, shape[-1], 1)
    if space in (1, 2) and whole_channels and all(step == 1 for step in op.steps):
        names = (
            (("width", "left", "right"),)
            if space == 1
            else (("height", "top", "bottom"), ("width", "left", "right"))
        )
        attributes = {"n_chan": shape[-1]}
        for (axis, before, after), size, start, stop in zip(names, shape, op.starts, op.stops, strict=False):
            attributes |= {
                f"in_{axis}": size,
                f"out_{axis}": stop - start,
                f"crop_{before}": start,
                f"crop_{after}": size - stop,
            }
        precision = planner.held_as(x)
        planner.add(node, f"Cropping{space}D", (planner.source(x),), precision, attributes=attributes)
        return
    cut = tuple(map(slice, op.starts, op.stops, op.steps))
    gather(node, planner, x, np.arange(planner.graph.info(x).size).reshape(shape)[cut])
