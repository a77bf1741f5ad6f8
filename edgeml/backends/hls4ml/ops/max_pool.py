"""MaxPool: MaxPooling1D or MaxPooling2D.

hls4ml pads a maximum with the type's smallest value, but in an unsigned type with half of the largest, and
in io_stream not at all. So values are first made non-negative, if need be by adding a constant, and padded
with zeros, which then never win.
"""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.ops._affine import affine
from edgeml.backends.hls4ml.ops._window import pool_attributes
from edgeml.backends.hls4ml.ops.pad import zero_padding
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.fixed import cover
from edgeml.ir import Node, Shape
from edgeml.ir.ops.max_pool import MaxPool


def plan(node: Node, planner: Planner) -> None:
    """The maximum over windows."""
    op = node.as_op(MaxPool)
    (x,) = node.inputs
    if planner.stream and op.pool != op.strides:
        raise CannotExpressError(
            f"in io_stream hls4ml pools without overlap only, not {op.pool} by {op.strides}",
            "use io_parallel, or strides equal to the pool",
        )
    source, shape, result = planner.source(x), planner.shape(x), Precision(planner.type(node.name))
    if not any(size for pair in op.padding for size in pair):
        _pool(node, planner, op, source, shape, result)
        return
    frac = planner.type(x).frac
    lo, hi = planner.graph.info(x).aligned(frac)
    low, high = min(int(lo.min()), 0), int(hi.max())
    precision = planner.held_as(x)
    if low < 0:
        precision = Precision(cover(0, high - low, frac))
        raised = LayerConstant(np.array(-low, np.int64), cover(0, -low, frac))
        source = affine(node, planner, source, shape, precision, bias=raised, part="raised")
    source = zero_padding(node, planner, source, precision, shape, op.padding, part="padded")
    padded = tuple(size + sum(pair) for size, pair in zip(shape, op.padding, strict=False))
    name = _pool(
        node,
        planner,
        op,
        source,
        (*padded, shape[-1]),
        precision if low < 0 else result,
        "max" if low < 0 else "",
    )
    if low < 0:
        lowered = LayerConstant(np.array(low, np.int64), cover(low, low, frac))
        affine(node, planner, name, planner.shape(node.name), result, bias=lowered)


def _pool(
    node: Node, planner: Planner, op: MaxPool, source: str, shape: Shape, result: Precision, part: str = ""
) -> str:
    nothing = ((0, 0),) * len(op.pool)
    return planner.add(
        node,
        f"MaxPooling{len(op.pool)}D",
        (source,),
        result,
        part=part,
        attributes=pool_attributes(shape, planner.shape(node.name)[:-1], op.pool, op.strides, nothing),
        # The window is copied to this type before the maximum is taken, so it has to hold every input.
        types={"accum": Precision(planner.held_in(source).type)},
    )
