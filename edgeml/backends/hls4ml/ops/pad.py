"""Pad: zeros around a value."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import Precision
from edgeml.backends.hls4ml.ops._gather import gather
from edgeml.backends.hls4ml.ops._window import Pairs, pads
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node, Shape
from edgeml.ir.ops.pad import Pad


def plan(node: Node, planner: Planner) -> None:
    """ZeroPadding where only spatial axes grow, else wires."""
    op = node.as_op(Pad)
    (x,) = node.inputs
    shape = planner.shape(x)
    if len(shape) in (2, 3) and op.padding[-1] == (0, 0):
        zero_padding(node, planner, planner.source(x), planner.held_as(x), shape, op.padding[:-1])
        return
    index = np.arange(planner.graph.info(x).size).reshape(shape)
    # An axis in front: a scalar has none to pad.
    padded = np.pad(index[np.newaxis], ((0, 0), *op.padding), constant_values=-1)[0]
    gather(node, planner, x, padded)


def zero_padding(
    node: Node,
    planner: Planner,
    source: str,
    precision: Precision,
    shape: Shape,
    padding: Pairs,
    part: str = "",
) -> str:
    """Zeros (before, after) every spatial axis of a value of `shape`.

    Returns:
        The layer's name.
    """
    names = ("width",) if len(padding) == 1 else ("height", "width")
    attributes = {"n_chan": shape[-1], **pads(padding)}
    for name, size, (before, after) in zip(names, shape, padding, strict=False):
        attributes |= {f"in_{name}": size, f"out_{name}": before + size + after}
    return planner.add(
        node,
        f"ZeroPadding{len(padding)}D",
        (source,),
        precision,
        part=part,
        attributes=attributes,
    )
